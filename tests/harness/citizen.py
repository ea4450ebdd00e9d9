"""The citizen's side of filing, inside the filing process: the product's own functions, page by page."""

from __future__ import annotations

import random

from django.db import close_old_connections

from lifeevents.definition import Sample
from lifeevents.models import BundleVersion
from lifeevents.publishing import latest_version, load_version
from portal.models import User
from portal.sample_filing import file_sample
from services.doorbell import ring
from tests.harness.filing import BUNDLE, PLAIN_SHARE, timed

RINGS = 3


class Filer:
    """Files samples of the harness's bundle, drawn at random."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._loaded: tuple[BundleVersion, tuple[Sample, ...], User] | None = None

    def file(self) -> str:
        """File one case; return the line for the log."""
        close_old_connections()
        return timed(self._file)

    def ring(self) -> None:
        """Ring for nothing, as lost acknowledgements and double clicks do."""
        for _ in range(RINGS):
            ring()

    def _file(self) -> str:
        version, samples, user = self._loaded or self._load()
        plain = self._dice.random() < PLAIN_SHARE
        sample = samples[0] if plain else self._dice.choice(samples[1:])
        return file_sample(version=version, sample=sample, user=user).reference

    def _load(self) -> tuple[BundleVersion, tuple[Sample, ...], User]:
        version = latest_version(BUNDLE)
        if version is None:
            raise LookupError("the harness's catalogue is not loaded")
        user, _ = User.objects.get_or_create(username="harness", defaults={"name": "Harness", "password": "!"})
        self._loaded = (version, load_version(version.pk).bundle.samples, user)
        return self._loaded
