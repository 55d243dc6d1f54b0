"""The keys: made once, closed to others, never silently replaced."""

from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import keyfiles, privacy
from core.keyfiles import KeysUnusable
from core.privacy import Keys, SealBroken

pytestmark = pytest.mark.once

GIVEN = {"SECRET_KEY": "s" * 40, "DATA_KEY": Keys.make().dump()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_keys_only_their_owner_may_read(tmp_path: Path) -> None:
    secret = keyfiles.load(tmp_path, {})
    assert len(secret) > 40
    assert mode(tmp_path / "keys") == 0o700
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        "data_key",
        "secret_key",
    ]
    assert {mode(path) for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_second_start_finds_the_same_keys(tmp_path: Path) -> None:
    secret = keyfiles.load(tmp_path, {})
    sealed = privacy.seal("13800138000", "person.phone.1")
    assert keyfiles.load(tmp_path, {}) == secret
    assert privacy.unseal(sealed, "person.phone.1") == "13800138000"


def test_workers_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = list(pool.map(lambda _: keyfiles.load(tmp_path, {}), range(24)))
    assert len(set(secrets)) == 1
    assert privacy.keys().dump() == (tmp_path / "keys/data_key").read_text().strip()


def test_a_file_system_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    assert keyfiles.load(tmp_path, {}) == keyfiles.load(tmp_path, {})


def test_the_environment_comes_first_and_leaves_no_file(tmp_path: Path) -> None:
    assert keyfiles.load(tmp_path, GIVEN) == GIVEN["SECRET_KEY"]
    assert privacy.keys().dump() == GIVEN["DATA_KEY"]
    assert not (tmp_path / "keys").exists()


def test_a_key_file_open_to_others_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keyfiles.load(tmp_path, {})
    (tmp_path / "keys").chmod(0o755)
    (tmp_path / "keys/data_key").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        keyfiles.load(tmp_path, {})
    assert mode(tmp_path / "keys/data_key") == 0o600
    assert mode(tmp_path / "keys") == 0o700
    assert "open to others" in caplog.text


def test_a_database_without_its_key_gets_no_new_one(tmp_path: Path) -> None:
    (tmp_path / "office.db").write_bytes(b"rows")
    with pytest.raises(KeysUnusable, match="keys/data_key"):
        keyfiles.load(tmp_path, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"DATA_KEY": "nonsense"},
        {"DATA_KEY": "root:AAAA"},
        {"DATA_KEY": "1:" + "A" * 43 + "="},
        {"SECRET_KEY": "short"},
    ],
)
def test_unusable_keys_are_refused_in_words(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    with pytest.raises(KeysUnusable, match=next(iter(wrong))):
        keyfiles.load(tmp_path, {**GIVEN, **wrong})


def test_rotated_keys_take_the_place_of_the_old(tmp_path: Path) -> None:
    keyfiles.load(tmp_path, {})
    newer = Keys.make()
    keyfiles.keep(tmp_path, newer)
    keyfiles.load(tmp_path, {})
    assert privacy.keys() == newer
    assert mode(tmp_path / "keys/data_key") == 0o600


def test_a_key_made_meanwhile_by_another_process_opens_what_it_sealed(
    tmp_path: Path,
) -> None:
    keyfiles.load(tmp_path, {})
    served = privacy.keys()
    grown = Keys(served.root, {**served.data, 2: Keys.make().data[1]})
    privacy.use_keys(grown)
    token = privacy.seal("13800138000", "person.phone.x")
    privacy.use_keys(served)
    with pytest.raises(SealBroken):
        privacy.unseal(token, "person.phone.x")
    keyfiles.keep(tmp_path, grown)
    assert privacy.unseal(token, "person.phone.x") == "13800138000"
    assert privacy.keys() == grown


@pytest.mark.parametrize("stored", ["another office's", "gone", "from the environment"])
def test_no_key_of_another_office_is_taken_up(tmp_path: Path, stored: str) -> None:
    given = GIVEN if stored == "from the environment" else {}
    keyfiles.load(tmp_path, given)
    served = privacy.keys()
    keyfiles.keep(tmp_path, Keys(served.root, {1: served.data[1], 2: served.data[1]}))
    if stored == "another office's":
        other = Keys.make()
        keyfiles.keep(tmp_path, Keys(other.root, {2: other.data[1]}))
    elif stored == "gone":
        (tmp_path / "keys/data_key").unlink()
    with pytest.raises(SealBroken):
        privacy.unseal("2.AAAA", "person.phone.x")
    assert privacy.keys() == served
