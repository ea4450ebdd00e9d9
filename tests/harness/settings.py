"""The product's settings, with the harness's watcher and negative controls beside them. Never for production."""

from portal.environment import env_chances, env_text
from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS as PRODUCT_APPS
from portal.settings import VAR_DIR

INSTALLED_APPS = [*PRODUCT_APPS, "tests.harness.apps.HarnessConfig"]
HARNESS_CONTROL = env_text("HARNESS_CONTROL", "")
HARNESS_FREEZES = env_chances("HARNESS_FREEZES")
HARNESS_WATCH = env_text("HARNESS_WATCH", str(VAR_DIR / "watch.jsonl"))
