"""What a life event offers, read off its published version: figures for the tile, everything for the event page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.utils.translation import gettext_lazy as _

from lifeevents.definition import Service, Version
from lifeevents.derived import EvidenceUse, Expansion
from lifeevents.expansion import expand
from lifeevents.models import BundleVersion, LifeEvent
from lifeevents.publishing import load_version
from lifeevents.samples import sample_facts
from portal import words
from services.plan import Text

STAGES = {
    "birth": _("Birth and childhood"),
    "education": _("School and study"),
    "work": _("Work"),
    "family": _("Living together"),
    "home": _("Home and moving"),
    "business": _("Business"),
    "health": _("Health and care"),
    "retirement": _("Retirement"),
    "death": _("When someone dies"),
}


@dataclass(frozen=True)
class Offer:
    """One event with the version people would file under; ``row`` None when nothing is published for it yet."""

    event: LifeEvent
    row: BundleVersion

    @cached_property
    def version(self) -> Version:
        return load_version(self.row.pk)

    @property
    def services(self) -> int:
        return len(self.version.bundle.items)

    @property
    def offices(self) -> int:
        return len({self.version.services[item.service].department for item in self.version.bundle.items})

    @cached_property
    def typical(self) -> Expansion:
        """What follows for the bundle's first sample: the ordinary case."""
        return typical(self.row.pk)

    @property
    def departments(self) -> list[tuple[Text, list[tuple[Service, bool]]]]:
        """List per department its services, and whether each is only for some people."""
        version, found = self.version, dict[str, list[tuple[Service, bool]]]()
        for item in version.bundle.items:
            service = version.services[item.service]
            found.setdefault(service.department, []).append((service, item.when is not None))
        return [(version.departments[code].name, services) for code, services in found.items()]

    @property
    def looked_up(self) -> list[EvidenceUse]:
        """List the ordinary case's documents that registers hold."""
        return [use for use in self.typical.evidence if use.mode in ("register", "e_licence")]

    @property
    def fees(self) -> list[tuple[str, str, bool]]:
        """List what the ordinary case costs: service, amount, and whether it is free for some."""
        services = {item.key: self.version.services[item.service] for item in self.typical.plan.items}
        return [
            (words.text(line.title), words.money(line.amount, line.currency), bool(services[line.item].fee.waived_when))
            for line in self.typical.fees.lines
        ]

    @property
    def registers(self) -> list[tuple[Text, list[Text]]]:
        """List every register that may be asked, with what it is asked for."""
        known: dict[str, dict[str, Text]] = {}
        for fact in self.typical.known:
            if (code := fact.source.removeprefix("register:")) in self.version.registers:
                known.setdefault(code, {})[fact.element.code] = fact.element.label
        for use in self.typical.evidence:
            if use.register:
                known.setdefault(use.register, {})[use.slot] = use.evidence.label
        return [(self.version.registers[code].name, list(labels.values())) for code, labels in known.items()]


@lru_cache(maxsize=64)
def typical(row_id: int) -> Expansion:
    """Return the expansion of a version's first sample, or of nothing known if it has none."""
    version = load_version(row_id)
    samples = version.bundle.samples
    return expand(version, sample_facts(version, samples[0]) if samples else {})


def offers(events: Iterable[LifeEvent]) -> list[Offer]:
    """Return the events people can apply for, in their order. One statement."""
    listed = list(events)
    rows = BundleVersion.objects.filter(bundle__event__in=listed).select_related("bundle").defer("body")
    latest: dict[str, BundleVersion] = {}
    for row in rows:  # newest number first within a bundle
        latest.setdefault(row.bundle.event_id, row)
    return [Offer(event, latest[event.pk]) for event in listed if event.pk in latest]


def by_stage(found: Iterable[Offer]) -> list[tuple[str, list[Offer]]]:
    """Group offers by stage of life, in the order of STAGES; an unknown stage keeps its own name, last."""
    stages: dict[str, list[Offer]] = {}
    for offer in found:
        stages.setdefault(offer.event.stage, []).append(offer)
    order = [*STAGES, *(stage for stage in stages if stage not in STAGES)]
    return [(str(STAGES.get(stage, words.label(stage))), stages[stage]) for stage in order if stage in stages]
