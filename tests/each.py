"""One test over many files: thousands of small ones take minutes to hand out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path


def each(
    paths: Iterable[Path],
) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Try every file, and name the one that fails."""

    def made(test: Callable[[Path], None]) -> Callable[[], None]:
        @wraps(test)
        def whole() -> None:
            for path in paths:
                try:
                    test(path)
                except AssertionError as why:
                    raise AssertionError(f"{path}: {why}") from why

        del whole.__wrapped__  # its argument is not ours
        return whole

    return made
