"""The name under which a browser saves an answer, in any script (RFC 5987)."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Response


def named(answer: Response, place: str, name: str) -> Response:
    """The answer as a file: ``inline`` to be shown, ``attachment`` to be saved."""
    plain = re.sub(r"[^\w. -]", "_", name, flags=re.ASCII)
    full = quote(name, safe="")
    answer.headers["Content-Disposition"] = (
        f"{place}; filename=\"{plain}\"; filename*=UTF-8''{full}"
    )
    return answer
