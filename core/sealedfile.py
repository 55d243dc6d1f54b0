"""An encrypted file that is written and read as a stream, a chunk at a time.

    magic   8 bytes   ``QIANTAI1``
    salt    16 bytes  random; the file's key is HMAC-SHA256(backup key, salt)
    chunks            4 bytes length, big-endian, then that many bytes of AES-256-GCM

The backup key derives from the office's root key, which never rotates. A chunk's nonce
is its number (11 bytes) and whether it is the last (1 byte); magic and salt are its
associated data. So chunks cannot be changed, swapped, taken away or cut off unnoticed.
"""

from __future__ import annotations

import hmac
import io
import os
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.privacy import Keys, SealBroken
from core.words import _

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MAGIC = b"QIANTAI1"
SALT, CHUNK, TAG = 16, 1 << 20, 16


def _cipher(keys: Keys, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(keys.derive("backup"), salt, "sha256"))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter(io.RawIOBase):
    """Encrypts what it is given into ``target``; ``close`` writes the last chunk."""

    def __init__(self, target: BinaryIO, keys: Keys) -> None:
        salt = os.urandom(SALT)
        self.target, self.head, self.number = target, MAGIC + salt, 0
        self.cipher, self.waiting = _cipher(keys, salt), bytearray()
        target.write(self.head)

    def writable(self) -> bool:
        """It is there to be written."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Take all of ``data``; whole chunks go out at once."""
        piece = bytes(data)
        self.waiting += piece
        while len(self.waiting) > CHUNK:
            self._put(bytes(self.waiting[:CHUNK]), last=False)
            del self.waiting[:CHUNK]
        return len(piece)

    def close(self) -> None:
        """Write what is left as the last chunk; the target stays open."""
        if not self.closed:
            self._put(bytes(self.waiting), last=True)
        super().close()

    def _put(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self.number, last)
        body = self.cipher.encrypt(nonce, plain, self.head)
        self.target.write(len(body).to_bytes(4, "big") + body)
        self.number += 1


class SealedReader(io.RawIOBase):
    """What a ``SealedWriter`` was given; SealBroken where the file was altered."""

    def __init__(self, source: BinaryIO, keys: Keys) -> None:
        self.head = source.read(len(MAGIC) + SALT)
        if len(self.head) != len(MAGIC) + SALT or not self.head.startswith(MAGIC):
            raise SealBroken(_("not a backup of this program"))
        self.cipher = _cipher(keys, self.head[len(MAGIC) :])
        self.source, self.number, self.plain = source, 0, b""
        self.size = self._size()
        if self.size is None:
            raise SealBroken(_("the backup is cut off"))

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer`` from the chunk at hand, or the next one."""
        while not self.plain and self.size is not None:
            self.plain = self._take(self.size)
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self.plain))
        view[:count] = self.plain[:count]
        self.plain = self.plain[count:]
        return count

    def _size(self) -> int | None:
        """The length of the next chunk, None behind the last one."""
        found = self.source.read(4)
        if len(found) not in (0, 4):
            raise SealBroken(_("the backup is damaged"))
        return int.from_bytes(found, "big") if found else None

    def _take(self, size: int) -> bytes:
        body = self.source.read(size) if TAG <= size <= CHUNK + TAG else b""
        if len(body) != size:
            raise SealBroken(_("the backup is damaged"))
        self.size = self._size()
        nonce = _nonce(self.number, self.size is None)
        try:
            plain = self.cipher.decrypt(nonce, body, self.head)
        except InvalidTag as error:
            raise SealBroken(
                _("the key does not fit, or the file is damaged")
            ) from error
        self.number += 1
        return plain
