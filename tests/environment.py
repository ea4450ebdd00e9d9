"""Loaded before Django reads its settings (addopts -p): a test run needs nothing set up by hand."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests")
os.environ.setdefault("SEALING_KEYS", "t1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
os.environ.setdefault("INDEX_KEY", "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="one-thing-tests-"))
os.environ.setdefault("REDIS_URL", "redis+socket:///nonexistent/one-thing.sock")
