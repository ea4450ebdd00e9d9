"""What the portal and a department both know, derived from the one secret they share."""

from __future__ import annotations

import base64
import hmac


def department_token(secret: str, code: str) -> str:
    """Return the bearer token of a department or register: hex HMAC-SHA256."""
    return hmac.digest(secret.encode(), b"token:" + code.encode(), "sha256").hex()


def webhook_key(secret: str, code: str) -> bytes:
    """Return the 32 bytes a department signs callbacks with; written ``whsec_`` + base64 of them."""
    return hmac.digest(secret.encode(), b"webhook:" + code.encode(), "sha256")


def webhook_signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the Standard Webhooks signature ``v1,<base64>`` over ``id.timestamp.body``."""
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()
