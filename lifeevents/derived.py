"""What ``expand`` takes and gives: facts in; pages, lookups, plan, promise, fees and disclosures out. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from lifeevents.definition import Element, Evidence
from services.conditions import Condition
from services.plan import Plan, Text, Value


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known about one key, and from whom: ``citizen``, ``sign-in``, ``personal`` or ``register:<code>``.

    ``state`` is ``known``, ``unavailable`` (the register is down) or ``unknown`` (the register has no answer).
    The last two have no value and both mean: ask the citizen. A document on hand is the fact ``evidence:<slot>``
    with the document's id as value; ``register:<code>`` with state unavailable marks a whole register as down.
    """

    value: Value | None
    source: str = "citizen"
    at: str = ""
    state: str = "known"


@dataclass(frozen=True, slots=True)
class Question:
    """One element the citizen is asked, or was asked: an answered question keeps its page and shows its value."""

    key: str
    element: Element
    value: Value | None
    optional: bool
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceQuestion:
    """One document the citizen is asked to upload; ``document`` is its id once it is there."""

    slot: str
    evidence: Evidence
    document: str | None
    optional: bool
    needed_by: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"evidence:{self.slot}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the combined form. ``instance`` is ``child.2`` on the page of the second child, else empty."""

    code: str
    title: Text
    instance: str
    questions: tuple[Question, ...] = ()
    evidence: tuple[EvidenceQuestion, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the keys that must still be answered on this page."""
        open_questions = [q.key for q in self.questions if q.value is None and not q.optional]
        return (*open_questions, *(q.key for q in self.evidence if q.document is None and not q.optional))

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Lookup:
    """One call to a register that should be made before the citizen is asked.

    Fetch the records standing in ``relation`` to the person whose id is the fact ``of``; ``ready`` once that fact is
    known. Then give every one of ``keys`` a fact: its value, or state unknown or unavailable.
    """

    register: str
    role: str
    relation: str
    of: str
    ready: bool
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact that some item uses and nobody had to type."""

    key: str
    element: Element
    value: Value
    source: str
    at: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceUse:
    """How one document is had. ``state``: checked (in ``register``; nothing travels), on_hand, generated (at filing,
    from the facts ``elements``), lookup (being fetched), asked, pending (a condition is still open)."""

    slot: str
    evidence: Evidence
    mode: str
    state: str
    optional: bool
    needed_by: tuple[str, ...]
    elements: tuple[str, ...] = ()

    @property
    def register(self) -> str:
        return self.evidence.register if self.mode in ("register", "e_licence") else ""


@dataclass(frozen=True, slots=True)
class DisclosedElement:
    """One element a department is sent, from the first of ``keys`` that is known; ``reason`` is the service's title."""

    wire: str
    label: Text
    keys: tuple[str, ...]
    reason: Text
    optional: bool
    only_if: Condition | None


@dataclass(frozen=True, slots=True)
class DisclosedDocument:
    """One document a department is sent; ``elements`` are the facts a generated one contains."""

    evidence: str
    slot: str
    label: Text
    elements: tuple[str, ...]
    only_if: Condition | None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What leaves the portal for one item, and what comes back; nothing leaves if ``only_if`` turns out false."""

    item: str
    title: Text
    elements: tuple[DisclosedElement, ...]
    documents: tuple[DisclosedDocument, ...]
    returns: Text
    only_if: Condition | None


@dataclass(frozen=True, slots=True)
class DepartmentDisclosure:
    department: str
    name: Text
    items: tuple[Disclosure, ...]


@dataclass(frozen=True, slots=True)
class FeeLine:
    """The fee of one item; ``amount`` is what the citizen pays, 0 when waived."""

    item: str
    title: Text
    amount: Decimal
    currency: str
    waived: bool


@dataclass(frozen=True, slots=True)
class Fees:
    lines: tuple[FeeLine, ...] = ()

    @property
    def totals(self) -> dict[str, Decimal]:
        """Return what is to pay, by currency; empty when nothing is."""
        totals: dict[str, Decimal] = {}
        for line in self.lines:
            totals[line.currency] = totals.get(line.currency, Decimal(0)) + line.amount
        return {currency: amount for currency, amount in totals.items() if amount}


@dataclass(frozen=True, slots=True)
class Reduction:
    """How much a thing takes office by office, and how much in one application."""

    separate: Decimal
    together: Decimal


@dataclass(frozen=True, slots=True)
class Reductions:
    forms: Reduction
    fields: Reduction
    documents: Reduction
    visits: Reduction
    days: Reduction


@dataclass(frozen=True, slots=True)
class Part:
    """An earlier promise for a named part, in working days."""

    title: Text
    items: tuple[str, ...]
    days: Decimal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something no answer can mend: ``cycle`` or ``unsuppliable``. The lints keep these out of published versions."""

    code: str
    item: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Expansion:
    """Everything that follows from one version and the facts so far. Final once ``complete``."""

    instances: dict[str, tuple[str, ...]]
    """Repeatable role → its instances: ``{"child": ("child.1", "child.2")}``."""
    pages: tuple[Page, ...]
    known: tuple[KnownFact, ...]
    evidence: tuple[EvidenceUse, ...]
    lookups: tuple[Lookup, ...]
    undecided: tuple[str, ...]
    """Items of which nobody can say yet whether they belong to this case."""
    more_to_come: bool
    """Whether some condition is still open, so that an answer may bring further questions."""
    filed: tuple[str, ...]
    """Keys of the known facts the case needs: what is sent, and what guards and generated documents read."""
    plan: Plan
    starts_after_days: dict[str, Decimal]
    """Item key → working days from filing to its earliest start."""
    parts: tuple[Part, ...]
    fees: Fees
    who_gets_what: tuple[DepartmentDisclosure, ...]
    reductions: Reductions
    problems: tuple[Problem, ...]

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Return the keys of required questions and uploads without an answer, in page order."""
        return tuple(key for page in self.pages for key in page.missing)

    @property
    def complete(self) -> bool:
        """Say whether the application can be filed: nothing missing, nothing to look up, no problem.

        A lookup that is not ready waits for an answer: a required one is missing, an optional one may stay away.
        """
        return not (self.missing or self.problems or any(lookup.ready for lookup in self.lookups))

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Every question of every page by its fact key."""
        return {question.key: question for page in self.pages for question in page.questions}
