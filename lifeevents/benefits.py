"""What a plan means for the citizen: who gets what, what it costs, what it saves. PURE, read off the plan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lifeevents.blueprint import Blueprint
from lifeevents.definition import Version
from lifeevents.derived import (
    DepartmentDisclosure,
    DisclosedDocument,
    DisclosedElement,
    Disclosure,
    EvidenceUse,
    FeeLine,
    Fees,
    Page,
    Part,
    Reduction,
    Reductions,
)
from lifeevents.needs import Leg
from services.plan import Plan, PlanItem, Send


def who_gets_what(
    blueprint: Blueprint, plan: Plan, evidence: tuple[EvidenceUse, ...]
) -> tuple[DepartmentDisclosure, ...]:
    """Return per department exactly what the plan's items send, in plan order."""
    by_slot = {use.slot: use for use in evidence}
    return tuple(
        DepartmentDisclosure(
            code, name, tuple(_disclosure(blueprint, item, by_slot) for item in plan.items if item.department == code)
        )
        for code, name in plan.departments.items()
    )


def _disclosure(blueprint: Blueprint, item: PlanItem, by_slot: Mapping[str, EvidenceUse]) -> Disclosure:
    version = blueprint.version
    elements = tuple([_disclosed(blueprint, item, send) for send in item.sends])
    documents = tuple(
        DisclosedDocument(
            document.evidence, document.slot, version.evidence[document.evidence].label,
            by_slot[document.slot].elements, document.when,
        )
        for document in item.documents
    )  # fmt: skip
    return Disclosure(item.key, item.title, elements, documents, version.services[item.service].returns, item.guard)


def _disclosed(blueprint: Blueprint, item: PlanItem, send: Send) -> DisclosedElement:
    """Return one line of a disclosure, the same object for the same send: there are many and they seldom differ."""
    line = (item.service, send.wire, send.sources, send.optional)
    found = blueprint.disclosed.get(line) if send.when is None else None
    if found is None:
        label = blueprint.version.element(send.wire).label
        found = DisclosedElement(send.wire, label, send.sources, item.title, send.optional, send.when)
        if send.when is None:
            blueprint.disclosed[line] = found
    return found


def fees(legs: list[Leg]) -> Fees:
    """Return one line per item that costs something; a fee whose waiver is still open counts in full."""
    lines = []
    for leg in legs:
        fee = leg.draft.service.fee
        if fee.amount:
            amount = Decimal(0) if leg.waived else fee.amount
            lines.append(FeeLine(leg.key, leg.draft.service.title, amount, fee.currency, leg.waived))
    return Fees(tuple(lines))


def parts(version: Version, plan: Plan) -> tuple[Part, ...]:
    """Return the earlier promises that still have an item in this case, never shorter than their own path."""
    found = []
    for part in version.bundle.parts:
        items = [item for item in plan.items if item.service in part.services]
        if items:
            days = max(part.days, *(item.done_after_days for item in items))
            found.append(Part(part.title, tuple(item.key for item in items), days))
    return tuple(found)


def reductions(legs: list[Leg], pages: tuple[Page, ...], plan: Plan) -> Reductions:
    """Compare with applying office by office.

    Separately: one form per item, with every element and document that office would ask for by itself, whoever else
    knows it; one office after the other, with its trips and its legal limit (a service that runs for several
    children counts once here: they are handed in together). Together: this form, its questions and uploads, no trip,
    the promise.
    """
    services = {leg.draft.service.code: leg.draft.service for leg in legs}
    questions = sum(len(page.questions) for page in pages)
    uploads = sum(len(page.evidence) for page in pages)
    separate_fields = sum(len({choice.need.wire for choice in leg.choices}) for leg in legs)
    return Reductions(
        forms=_reduction(len(legs), 1 if legs else 0),
        fields=_reduction(separate_fields, questions),
        documents=_reduction(sum(leg.papers for leg in legs), uploads),
        visits=_reduction(sum(service.visits for service in services.values()), 0),
        days=_reduction(sum((service.limit_days for service in services.values()), Decimal(0)), plan.promise_days),
    )


def _reduction(separate: int | Decimal, together: int | Decimal) -> Reduction:
    return Reduction(Decimal(separate), Decimal(together))
