"""YAML files → a Catalogue: every entry of every file with its line, or all that is wrong with them at once.

Names of other entries are not followed here; ``lints`` does that on a resolved version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from lifeevents.definition import Bundle, Department, Element, Evidence, Register, Role, Service, Version
from lifeevents.findings import Finding
from lifeevents.naming import bundle_keys, bundle_services, element_of, evidence_keys, role_of, service_keys
from lifeevents.shaping import BAD, Location, Shaper, Trail
from lifeevents.yaml_lines import Node, SourceError, Table, read_nodes
from services.plan import Text

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What people type when they look for a life event, per language."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LifeEventEntry:
    """What happened to a person; ``stage`` of life and ``position`` order the home page."""

    code: str
    title: Text
    summary: Text
    stage: str
    position: int = 0
    words: SearchWords = SearchWords()


@dataclass(frozen=True, slots=True)
class CatalogueError:
    """One thing that is wrong in one line; ``code`` names the entry (or section) concerned."""

    file: str
    line: int
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class CatalogueErrors(Exception):  # noqa: N818 - it holds many
    """Everything that is wrong with the files read; prints one line per error."""

    def __init__(self, errors: Iterable[CatalogueError]) -> None:
        self.errors = sorted(errors, key=lambda error: (error.file, error.line, error.text))
        super().__init__("\n".join(str(error) for error in self.errors))


@dataclass(frozen=True)
class Catalogue:
    """All entries of all files by code; ``where`` has the line of every entry, key and list entry by its path."""

    departments: dict[str, Department] = field(default_factory=dict)
    registers: dict[str, Register] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    events: dict[str, LifeEventEntry] = field(default_factory=dict)
    bundles: dict[str, Bundle] = field(default_factory=dict)
    where: dict[tuple[str, ...], Location] = field(default_factory=dict)

    def locate(self, finding: Finding) -> Location:
        """Return the line nearest to what a lint found: of the list entry, its list, its entry."""
        for length in range(len(finding.where), 0, -1):
            if finding.where[:length] in self.where:
                return self.where[finding.where[:length]]
        return next(iter(self.where.values()), Location("", 1))


@dataclass(frozen=True, slots=True)
class _Section:
    shape: type[Any]
    code: re.Pattern[str]
    example: str


_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_ELEMENT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
SECTIONS = {
    "departments": _Section(Department, _KEBAB, "civil-registry"),
    "registers": _Section(Register, _KEBAB, "hospital-delivery"),
    "elements": _Section(Element, _ELEMENT, "person.given_name"),
    "roles": _Section(Role, _SNAKE, "other_parent"),
    "evidence": _Section(Evidence, _KEBAB, "household-book"),
    "services": _Section(Service, _KEBAB, "birth-registration"),
    "events": _Section(LifeEventEntry, _KEBAB, "having-a-child"),
    "bundles": _Section(Bundle, _KEBAB, "birth"),
}
MAX_CODE = 80


def read_catalogue(paths: Iterable[Path | str]) -> Catalogue:
    """Read files, and every .yaml or .yml under folders; raise CatalogueErrors with all that is wrong."""
    reading = _Reading()
    for path in paths:
        for file in reading.files(Path(path)):
            reading.read(file)
    if not reading.errors and not reading.where:
        reading.fault("", 1, "", "There is no catalogue file here; name a folder with .yaml files.")
    if reading.errors:
        raise CatalogueErrors(reading.errors)
    return Catalogue(where=reading.where, **reading.entries)


class _Reading:
    """What has been read so far, over all files."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
        self.where: dict[Trail, Location] = {}
        self.errors: list[CatalogueError] = []
        self._seen: set[Path] = set()

    def fault(self, file: str, line: int, code: str, text: str) -> None:
        self.errors.append(CatalogueError(file, line, code, text))

    def files(self, path: Path) -> Iterator[Path]:
        """Yield each file once, folders in name order."""
        found = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml")) if path.is_dir() else [path]
        if not found:
            self.fault(str(path), 1, "", "There is no .yaml file in this folder.")
        for file in found:
            if (resolved := file.resolve()) not in self._seen:
                self._seen.add(resolved)
                yield file

    def read(self, path: Path) -> None:
        try:
            table = read_nodes(path)
        except SourceError as error:
            self.fault(str(path), error.line, "", error.text)
            return
        shaper = Shaper(str(path), self.where)
        for name, node in table.entries.items():
            if name not in SECTIONS:
                shaper.unknown_word(name, list(SECTIONS), table.key_lines[name], "a file has the sections")
            elif isinstance(node, Table):
                for code in node.entries:
                    self._entry(shaper, name, code, node)
            else:
                line = table.key_lines[name]
                shaper.fault(line, (name,), f"'{name}' must be a mapping of codes to entries.")
        self.errors += [CatalogueError(str(path), f.line, f.path[-1] if f.path else "", f.text) for f in shaper.faults]

    def _entry(self, shaper: Shaper, name: str, code: str, section: Table) -> None:
        spec, line, path = SECTIONS[name], section.key_lines[code], (name, code)
        if not spec.code.fullmatch(code) or len(code) > MAX_CODE:
            shaper.fault(line, path, f"'{code}' is not a code for {name}; write one like '{spec.example}'.")
        elif (first := self.where.get(path)) is not None:
            shaper.fault(line, path, f"'{code}' is already defined in {first.file}:{first.line}; keep one of the two.")
        else:
            self.where[path] = Location(shaper.file, line)
            value = shaper.entry(spec.shape, _without_simulator(name, section.entries[code], shaper, path), path)
            if value is not BAD:
                self.entries[name][code] = value


def _without_simulator(section: str, node: Node, shaper: Shaper, path: Trail) -> Node:
    """Leave out what only the simulated departments read."""
    if section != "services" or not isinstance(node, Table) or "simulator" not in node.entries:
        return node
    simulator = node.entries["simulator"]
    if not isinstance(simulator, Table):
        shaper.fault(node.key_lines["simulator"], path, "'simulator' must be a mapping such as {answers: callback}.")
    rest = {key: value for key, value in node.entries.items() if key != "simulator"}
    return Table(node.line, rest, node.key_lines)


def resolve(catalogue: Catalogue, bundle_code: str, number: int) -> Version:
    """Return the version with just what the bundle names, each dictionary in code order; raises LookupError.

    Names that lead nowhere are left out: the lints report them.
    """
    if bundle_code not in catalogue.bundles:
        raise LookupError(f"There is no bundle '{bundle_code}'; there are: {', '.join(sorted(catalogue.bundles))}.")
    bundle = catalogue.bundles[bundle_code]
    services = _pick(catalogue.services, bundle_services(bundle))
    evidence = _pick(catalogue.evidence, (need.evidence for s in services.values() for need in s.evidence))
    keys = {*bundle_keys(bundle)}
    keys.update(key for service in services.values() for key in service_keys(service))
    keys.update(key for kind in evidence.values() for key in evidence_keys(kind))
    roles = _named_roles(catalogue, bundle, services, keys)
    keys.update(link.of for role in roles.values() for link in role.registers.values())
    found = (element_of(catalogue.elements, roles, key) for key in keys)
    elements = _pick(catalogue.elements, (element.code for element in found if element is not None))
    registers = [register for role in roles.values() for register in role.registers]
    registers += [register for element in elements.values() for register in element.registers]
    registers += [kind.register for kind in evidence.values()]
    return Version(
        number=number,
        bundle=bundle,
        elements=elements,
        roles=roles,
        evidence=evidence,
        services=services,
        departments=_pick(catalogue.departments, (service.department for service in services.values())),
        registers=_pick(catalogue.registers, registers),
    )


def _named_roles(
    catalogue: Catalogue, bundle: Bundle, services: Mapping[str, Service], keys: Iterable[str]
) -> dict[str, Role]:
    """Return the roles a bundle speaks of, and those whose ids their registers search by."""
    codes = {role_of(key) for key in keys} | {service.subject for service in services.values()}
    codes |= {need.about for service in services.values() for need in service.evidence}
    codes |= {role for page in bundle.pages for role in page.roles} | {repeat.role for repeat in bundle.repeats}
    links = [link.of for role in _pick(catalogue.roles, codes).values() for link in role.registers.values()]
    return _pick(catalogue.roles, codes | {role_of(key) for key in links})


def _pick(entries: Mapping[str, Entry], codes: Iterable[str]) -> dict[str, Entry]:
    return {code: entries[code] for code in sorted(set(codes)) if code in entries}
