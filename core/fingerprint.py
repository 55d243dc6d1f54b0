"""What stands for values and for no others: whoever alters them cannot make it anew."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

from core.privacy import derived

LENGTH = 24
"""Characters of a fingerprint: 144 bits, fit for an address."""


def fingerprint(purpose: str, values: Any) -> str:
    """The fingerprint of plain values under the office's own key for that purpose."""
    said = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    digest = hmac.digest(derived(f"fingerprint:{purpose}"), said.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode()[:LENGTH]
