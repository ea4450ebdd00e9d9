"""What would be wrong with publishing a version: every rule, and where in the files each finding stands. PURE.

The rules live beside this file: ``lint_codes`` (names that lead nowhere), ``lint_words`` (labels, words, numbers),
``lint_values`` (conditions and sample facts), ``lint_supply`` (who gives what to whom, promises),
``lint_layout`` (pages, repeats, samples).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lifeevents import lint_codes, lint_layout, lint_supply, lint_values, lint_words
from lifeevents.definition import Bundle, Version
from lifeevents.findings import Finding, Report
from lifeevents.reading import Catalogue, resolve
from lifeevents.shaping import Location
from services.plan import Text

__all__ = ["Finding", "Report", "check_entries", "check_version", "locate"]

Rule = Callable[[Version], Iterator[Finding]]

ENTRY_ERRORS: tuple[Rule, ...] = (*lint_codes.ENTRY_ERRORS, *lint_words.ERRORS, *lint_values.ERRORS)
"""Rules that also make sense for entries no bundle uses yet."""

ERRORS: tuple[Rule, ...] = (*ENTRY_ERRORS, *lint_codes.BUNDLE_ERRORS, *lint_supply.ERRORS, *lint_layout.ERRORS)
WARNINGS: tuple[Rule, ...] = (*lint_words.WARNINGS, *lint_supply.WARNINGS, *lint_layout.WARNINGS)


def check_version(version: Version) -> Report:
    """Return everything wrong with a version, in the order of the rules; never raises, whatever the version says."""
    return Report(_run(ERRORS, version), _run(WARNINGS, version))


def check_entries(catalogue: Catalogue) -> Report:
    """Return what is wrong with single entries, those no bundle uses included, and with the bundles' events."""
    nothing = Bundle("", "", Text("-", "-"), Text("-", "-"), (), ())
    everything = Version(
        1, nothing, catalogue.elements, catalogue.roles, catalogue.evidence, catalogue.services,
        catalogue.departments, catalogue.registers,
    )  # fmt: skip
    return Report((*_run(ENTRY_ERRORS, everything), *_events(catalogue)), _unused(catalogue))


def locate(catalogue: Catalogue, finding: Finding) -> Location:
    """Return file and line of a finding, as near as the files allow."""
    return catalogue.locate(finding)


def _run(rules: Iterable[Rule], version: Version) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(finding for rule in rules for finding in rule(version)))


def _events(catalogue: Catalogue) -> Iterator[Finding]:
    for code, bundle in catalogue.bundles.items():
        if bundle.event not in catalogue.events:
            advice = f"There is no life event '{bundle.event}'; define it under 'events' or name another."
            yield Finding("unknown-event", ("bundles", code, "event"), advice)
    for code, event in catalogue.events.items():
        yield from lint_words.blank_texts(event, ("events", code))


def _unused(catalogue: Catalogue) -> tuple[Finding, ...]:
    versions = [resolve(catalogue, code, 1) for code in catalogue.bundles]
    found = []
    for name in ("elements", "services", "evidence", "roles"):
        used = {code for version in versions for code in getattr(version, name)}
        for code in getattr(catalogue, name):
            if code not in used:
                found.append(Finding("unused", (name, code), f"No bundle uses '{code}'."))
    return tuple(found)
