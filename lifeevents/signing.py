"""What a party signs: the root over salted hashes, one per fact, of the application as it then was.

Salts come from the application's key, so a leaf says nothing to who may not open it, and a party can be shown just
the leaves they may see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from lifeevents.derived import Fact
from services.sealing import Sealer


def leaf(key: str, fact: Fact, sealer: Sealer) -> bytes:
    """Return the 32-byte salted hash of one fact: its key, value and source."""
    text = orjson.dumps([key, fact.value, fact.source])
    return hashlib.sha256(sealer.salt(f"leaf|{key}") + text).digest()


def root(facts: Mapping[str, Fact], sealer: Sealer) -> str:
    """Return the hash a party signs, 64 hex characters: SHA-256 over the known facts' leaves in key order."""
    digest = hashlib.sha256()
    for key in sorted(facts):
        if facts[key].value is not None:
            digest.update(leaf(key, facts[key], sealer))
    return digest.hexdigest()
