"""Encryption at rest: AES-256-GCM (NIST SP 800-38D), one data key per application, wrapped by a key from settings.

Every sealed value is bound to its table, column and row, so ciphertext cannot be moved. A sealed value is
12 bytes nonce + ciphertext + 16 bytes tag. Destroying a data key erases everything it sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from services.models.people import DataKey

NONCE_BYTES = 12
Stored = bytes | memoryview
"""What a binary column gives: bytes from SQLite, a memoryview from PostgreSQL."""


class SealError(Exception):
    """A sealed value cannot be opened: wrong key, moved to another row, altered, or its key was destroyed."""


class Sealer:
    """Seal and open values with one data key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, value: Any, *, place: str, row: object) -> bytes:
        """Return the sealed JSON of ``value``; ``place`` is table.column, ``row`` the row's id."""
        return self.seal_bytes(orjson.dumps(value), place=place, row=row)

    def open(self, sealed: Stored, *, place: str, row: object) -> Any:
        return orjson.loads(self.open_bytes(sealed, place=place, row=row))

    def seal_bytes(self, content: bytes, *, place: str, row: object) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, f"{place}|{row}".encode())

    def open_bytes(self, sealed: Stored, *, place: str, row: object) -> bytes:
        sealed = bytes(sealed)
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{place}|{row}".encode())
        except (InvalidTag, ValueError):  # a value cut short has no whole nonce
            raise SealError(f"{place} of {row} cannot be opened with this key") from None

    def salt(self, label: str) -> bytes:
        """Return 16 bytes only this key's holder can make again, to salt a hash with."""
        return hmac.digest(self._key, label.encode(), hashlib.sha256)[:16]


def new_data_key(at: datetime) -> DataKey:
    """Return an unsaved data key, wrapped by the newest key from settings."""
    key_id = uuid.uuid4()
    label, master = next(iter(settings.SEALING_KEYS.items()))
    wrapped = Sealer(master).seal_bytes(os.urandom(32), place="datakey.wrapped", row=key_id)
    return DataKey(id=key_id, wrapped=wrapped, wrapped_by=label, created_at=at)


def sealer(key: DataKey) -> Sealer:
    """Return the sealer of a data key; SealError when the key was destroyed or its wrapping key is not in settings."""
    if key.wrapped is None:
        raise SealError(f"data key {key.id} was destroyed")
    return _unwrapped(key.id, bytes(key.wrapped), key.wrapped_by)


@lru_cache(maxsize=4096)
def _unwrapped(key_id: uuid.UUID, wrapped: bytes, label: str) -> Sealer:
    master = settings.SEALING_KEYS.get(label)
    if master is None:
        raise SealError(f"SEALING_KEYS has no key named {label}; add it again to open what it wrapped")
    return Sealer(Sealer(master).open_bytes(wrapped, place="datakey.wrapped", row=key_id))


def portal_sealer() -> Sealer:
    """Return the sealer for the portal's own secrets (department tokens), under the newest key from settings."""
    return Sealer(next(iter(settings.SEALING_KEYS.values())))


def open_portal_secret(sealed: Stored, *, place: str, row: object) -> str:
    """Open a secret of the portal with whichever key from settings sealed it; empty stays empty."""
    if not sealed:
        return ""
    for master in settings.SEALING_KEYS.values():
        try:
            return Sealer(master).open_bytes(sealed, place=place, row=row).decode()
        except SealError:
            continue
    raise SealError(f"{place} of {row}: none of SEALING_KEYS opens it; add the key that sealed it")


def index_hash(kind: str, value: str) -> bytes:
    """Return the keyed hash by which a national id (or name) can be found again; 32 bytes."""
    plain = unicodedata.normalize("NFKC", value).strip().upper()
    return hmac.digest(settings.INDEX_KEY, f"{kind}|{plain}".encode(), hashlib.sha256)
