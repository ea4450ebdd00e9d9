"""Which page of the combined form a question stands on, and where. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lifeevents.definition import Version
from services.conditions import Condition, reads
from services.plan import Text

SITUATION = Text("Your situation", "您的情况")
DOCUMENTS = Text("Documents", "材料")
OTHER = Text("Other details", "其他信息")


@dataclass(frozen=True, slots=True)
class Place:
    """A page, and the rank of a question: pages sort by it, and questions within their page."""

    rank: tuple[int, ...]
    page: str
    title: Text
    instance: str


class Places:
    """The places of one version: what items and counts depend on comes first, then the bundle's own pages."""

    def __init__(self, version: Version, counts: Mapping[str, int]) -> None:
        self.version = version
        self.counts = counts
        self.situation = dict.fromkeys(_situation(version))
        self.used = {element: position for position, element in enumerate(dict.fromkeys(_uses(version)))}

    def place(self, key: str) -> Place:
        """Return where the question about a fact key stands."""
        role, _, rest = key.partition(".")
        number, _, attribute = rest.rpartition(".") if role in self.counts else ("0", "", rest)
        wire = f"{role}.{attribute}"
        used = self.used.get(wire, len(self.used))
        instance = f"{role}.{number}" if role in self.counts else ""
        if wire in self.situation:
            return Place((0, 0, 0, 0, list(self.situation).index(wire), int(number)), "situation", SITUATION, "")
        index, group, position = self._layout(wire, role)
        pages = self.version.bundle.pages
        code, title = (pages[index].code, pages[index].title) if index < len(pages) else ("other", OTHER)
        lead = self._repeated(index)
        turn = lead.index(role) if role in lead else -1
        if instance:
            code = f"{code}.{number}" if turn == 0 else f"{code}.{instance}"
        return Place((index + 1, turn + 1, int(number), group, position, used), code, title, instance)

    def _layout(self, wire: str, role: str) -> tuple[int, int, int]:
        """Return page, group and position: elements named one by one first, then the roles as listed."""
        pages = self.version.bundle.pages
        for index, page in enumerate(pages):
            if wire in page.elements:
                return index, 0, page.elements.index(wire)
        for index, page in enumerate(pages):
            if role in page.roles:
                return index, 1, page.roles.index(role)
        return len(pages), 1, 0

    def _repeated(self, index: int) -> list[str]:
        """Return the repeatable roles of a page, in its order."""
        if index >= len(self.version.bundle.pages):
            return []
        page = self.version.bundle.pages[index]
        roles = [*(element.partition(".")[0] for element in page.elements), *page.roles]
        return [role for role in dict.fromkeys(roles) if role in self.counts]


def _situation(version: Version) -> Iterator[str]:
    """Yield what decides which items there are: the counts, then what the items' conditions read."""
    for repeat in version.bundle.repeats:
        yield repeat.count
    for item in version.bundle.items:
        yield from _read(item.when)


def _read(condition: Condition | None) -> Iterator[str]:
    if condition is not None:
        yield from reads(condition)


def _uses(version: Version) -> Iterator[str]:
    """Yield the elements in the order the bundle's services first speak of them."""
    for item in version.bundle.items:
        service = version.services[item.service]
        for need in service.needs:
            yield from _read(need.when)
            yield need.element
            yield from need.alternatives
        for evidence in service.evidence:
            yield from _read(evidence.when)
            yield from version.evidence[evidence.evidence].elements
        yield from _read(service.fee.waived_when)
