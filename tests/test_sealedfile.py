"""A sealed file gives back what it was given, or nothing at all."""

from __future__ import annotations

from io import BytesIO

import pytest

from core.privacy import Keys, SealBroken
from core.sealedfile import CHUNK, SealedReader, SealedWriter

pytestmark = pytest.mark.once


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_sealed_file_gives_back_what_it_was_given(size: int) -> None:
    keys, plain, file = Keys.make(), bytes(size), BytesIO()
    with SealedWriter(file, keys) as out:
        out.write(plain)
    raw = file.getvalue()
    assert SealedReader(BytesIO(raw), keys).readall() == plain
    for damaged in (raw[:-1], raw + b"?", raw + b"more!", raw[:24], raw[:9]):
        with pytest.raises(SealBroken):
            SealedReader(BytesIO(damaged), keys).readall()


def test_chunks_that_changed_places_are_noticed() -> None:
    keys, file = Keys.make(), BytesIO()
    with SealedWriter(file, keys) as out:
        out.write(bytes(3 * CHUNK))
    raw = file.getvalue()
    size = 4 + CHUNK + 16
    head, first, second = raw[:24], raw[24 : 24 + size], raw[24 + size : 24 + 2 * size]
    swapped = head + second + first + raw[24 + 2 * size :]
    without = head + first + raw[24 + 2 * size :]
    for damaged in (swapped, without):
        with pytest.raises(SealBroken):
            SealedReader(BytesIO(damaged), keys).readall()


@pytest.mark.parametrize("spot", [0, 7, 8, 23, 24, 27, 28, 500, -1])
def test_a_flipped_bit_is_noticed_wherever_it_is(spot: int) -> None:
    keys, file = Keys.make(), BytesIO()
    with SealedWriter(file, keys) as out:
        out.write(b"one office" * 100)
    raw = bytearray(file.getvalue())
    raw[spot] ^= 1
    with pytest.raises(SealBroken):
        SealedReader(BytesIO(raw), keys).readall()


def test_another_key_opens_nothing() -> None:
    file = BytesIO()
    with SealedWriter(file, Keys.make()) as out:
        out.write(b"one office")
    with pytest.raises(SealBroken):
        SealedReader(BytesIO(file.getvalue()), Keys.make()).readall()
