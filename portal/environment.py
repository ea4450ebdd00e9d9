"""Read settings from the environment, loudly: a wrong value stops the start with a sentence that says what to write."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_text(name: str, default: str | None = None) -> str:
    """Return the variable, or what is in the file NAME_FILE names; raise if there is neither nor a default."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment, or start with ./run which makes one."
        )
    return value


def env_bool(name: str, default: bool) -> bool:
    """Return True or False; any word but these two is refused."""
    value = os.environ.get(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name} is '{value}'; write True or False.")
    return value == "True"


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is '{value}'; write a whole number.") from None


def env_float(name: str, default: float) -> float:
    value = os.environ.get(name, str(default))
    try:
        return float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is '{value}'; write a number.") from None


def env_chances(name: str) -> dict[str, float]:
    """Return ``place=0.01,other=0.5`` as numbers by name; empty when not set."""
    chances = {}
    for part in filter(None, os.environ.get(name, "").split(",")):
        place, _, chance = part.partition("=")
        try:
            chances[place.strip()] = float(chance)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} has '{part}'; write PLACE=CHANCE, for example after_claim=0.01."
            ) from None
    return chances


def env_key(name: str) -> bytes:
    """Return 32 bytes from their url-safe base64 text."""
    return decode_key(name, env_text(name))


def decode_key(name: str, text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name} must be 32 bytes in url-safe base64 (44 characters).")
    return key


def env_keys(name: str) -> dict[str, bytes]:
    """Return named keys from ``k2:BASE64,k1:BASE64``; the first seals, all open."""
    keys = {}
    for part in env_text(name).split(","):
        label, _, text = part.strip().partition(":")
        if not label or not text:
            raise ImproperlyConfigured(f"{name} is a list of NAME:KEY separated by commas, newest first.")
        keys[label] = decode_key(f"{name} key {label}", text)
    return keys


def database(url: str) -> dict[str, Any]:
    """Return Django's DATABASES entry for a sqlite:/// or postgresql:// URL."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(parts.path[1:] if parts.path.startswith("//") else parts.path)
    if parts.scheme in ("postgres", "postgresql"):
        query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(query.pop("host", parts.hostname or "")),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 5, **query},
        }
    raise ImproperlyConfigured(
        f"DATABASE_URL starts with '{parts.scheme}'; write sqlite:///FILE or postgresql://USER@HOST/NAME."
    )


def _sqlite(path: str) -> dict[str, Any]:
    """WAL, IMMEDIATE and a long time-out together: any two of the three fail under load (measured)."""
    pragmas = "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
    return {
        "ENGINE": "services.sqlite",
        "NAME": path,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas},
        # A file also in tests: shared-cache memory databases ignore the time-out under threads.
        "TEST": {"NAME": f"{path}.test"},
    }
