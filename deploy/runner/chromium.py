"""Have a Chromium for the browser tests."""

import os
import shutil
import subprocess

from .trouble import LAST_LINES, say

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-cjk")


def ensure_chromium() -> bool:
    """Return whether there is a Chromium; install Debian's if there is none and we may."""
    if any(shutil.which(name) for name in NAMES):
        return True
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say("Installing Chromium for the browser tests (about 15 s) ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        command = ["apt-get", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            for line in (done.stdout + done.stderr).splitlines()[-LAST_LINES:]:
                say(f"    {line}")
            return False
    return any(shutil.which(name) for name in NAMES)
