"""What registers know is not asked: make the look-ups an expansion lists and turn the answers into facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lifeevents.derived import Fact, Lookup
from services.connectors.register import Licence, Query, Records, ask_registers
from services.models import Register
from services.sealing import open_portal_secret

EVIDENCE = "evidence:"


@dataclass(frozen=True, slots=True)
class Found:
    """What came of the look-ups: a fact for every key asked for, and the licences by evidence slot."""

    facts: dict[str, Fact]
    licences: dict[str, tuple[str, Licence]]
    """Slot → (register, licence)."""


def make_lookups(lookups: Sequence[Lookup], facts: Mapping[str, Fact], *, at: str) -> Found:
    """Ask the registers for everything that is ready, all at once. A register that is down never blocks."""
    ready = [lookup for lookup in lookups if lookup.ready]
    rows = {row.pk: row for row in Register.objects.filter(pk__in={lookup.register for lookup in ready})}
    queries = list(dict.fromkeys(_query(lookup, rows, facts) for lookup in ready))
    answers = dict(zip(queries, ask_registers(queries), strict=True))
    found = Found({}, {})
    for lookup in ready:
        _take(lookup, answers[_query(lookup, rows, facts)], found, at)
    return found


def decline_lookups(lookups: Sequence[Lookup], registers: Iterable[str], *, at: str) -> dict[str, Fact]:
    """Return the facts that say: the citizen did not agree to a look-up, so everything is asked, papers too."""
    facts = {key: Fact(None, f"register:{lookup.register}", at, "unknown") for lookup in lookups for key in lookup.keys}
    return facts | {f"register:{code}": _out_of_reach(code, at) for code in registers}


def _out_of_reach(register: str, at: str) -> Fact:
    """Return the fact that a whole register cannot be asked: what it would check has to be handed in."""
    return Fact(None, f"register:{register}", at, "unavailable")


def _query(lookup: Lookup, rows: Mapping[str, Register], facts: Mapping[str, Fact]) -> Query:
    row = rows.get(lookup.register)
    base_url = row.base_url if row else ""
    token = open_portal_secret(row.token, place="register.token", row=row.pk) if row else ""
    return Query(base_url, token, lookup.relation, str(facts[lookup.of].value))


def _take(lookup: Lookup, records: Records, found: Found, at: str) -> None:
    source = f"register:{lookup.register}"
    if records.state == "unavailable":
        found.facts[source] = _out_of_reach(lookup.register, at)
    licences = {licence.evidence: licence for licence in records.licences}
    for key in lookup.keys:
        if key.startswith(EVIDENCE):
            slot = key.removeprefix(EVIDENCE)
            licence = licences.get(slot.partition("/")[0])
            if licence is not None:
                found.licences[slot] = (lookup.register, licence)
            else:
                found.facts[key] = Fact(None, source, at, _missing(records))
            continue
        value = _value(records, key)
        known = isinstance(value, str | int | bool)
        found.facts[key] = Fact(value, source, at) if known else Fact(None, source, at, _missing(records))


def _missing(records: Records) -> str:
    return "unavailable" if records.state == "unavailable" else "unknown"


def _value(records: Records, key: str) -> str | int | bool | None:
    """Return the attribute from the record of the key's instance: ``child.2.sex`` is ``sex`` of the second record."""
    _, *instance, attribute = key.split(".")
    position = int(instance[0]) - 1 if instance else 0
    return records.records[position].get(attribute) if position < len(records.records) else None
