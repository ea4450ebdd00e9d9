"""Settings for the type checker, which starts Django without an environment."""

import tests.environment
from portal.settings import *  # noqa: F403

__all__ = ["tests"]
