"""Who gets what, as rows to read: per department and service, with the values that leave or where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lifeevents.definition import Version
from lifeevents.derived import DisclosedElement, Disclosure, Expansion, Fact
from portal import words
from portal.citizen.answers import Group, Row


@dataclass(frozen=True, slots=True)
class Sent:
    """What leaves for one service and what comes back; ``only_if``: nothing leaves if it turns out not to be needed."""

    title: str
    elements: list[Group]
    documents: list[str]
    returns: str
    only_if: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    name: str
    services: list[Sent]

    @property
    def elements(self) -> int:
        """Return how many different things this department learns."""
        return len(
            {(group.title, row.label) for service in self.services for group in service.elements for row in group.rows}
        )

    @property
    def documents(self) -> int:
        return len({title for service in self.services for title in service.documents})


def disclosures(version: Version, expansion: Expansion, facts: Mapping[str, Fact]) -> list[Recipient]:
    """Return what every department gets, in the plan's order."""
    return [
        Recipient(words.text(department.name), [_sent(item, version, expansion, facts) for item in department.items])
        for department in expansion.who_gets_what
    ]


def _sent(item: Disclosure, version: Version, expansion: Expansion, facts: Mapping[str, Fact]) -> Sent:
    return Sent(
        title=words.title(expansion.plan, expansion.plan.by_key[item.item]),
        elements=[Group(title, rows) for title, rows in _elements(item, version, expansion, facts).items()],
        documents=[words.text(document.label) for document in item.documents],
        returns=words.text(item.returns),
        only_if=item.only_if is not None,
    )


def _elements(
    item: Disclosure, version: Version, expansion: Expansion, facts: Mapping[str, Fact]
) -> dict[str, list[Row]]:
    """Return the elements by who or what they are about."""
    groups: dict[str, list[Row]] = {}
    for element in item.elements:
        role = words.role(version, element.wire.partition(".")[0], {})
        groups.setdefault(role, []).append(_element(element, version, expansion, facts))
    return groups


def _element(element: DisclosedElement, version: Version, expansion: Expansion, facts: Mapping[str, Fact]) -> Row:
    """Return the value that leaves, or the service it will come from."""
    label = words.text(element.label)
    for key in element.keys:
        if producer := expansion.plan.producer.get(key):
            maker = expansion.plan.by_key[producer]
            return Row(label, _("comes from “%(title)s”") % {"title": words.title(expansion.plan, maker)})
        if (fact := facts.get(key)) is not None and fact.value is not None:
            return Row(label, words.value(version.element(key), fact.value))
    return Row(label, _("not answered (optional)") if element.optional else _("not answered yet"))
