"""The registers: what is on record about synthetic people, at ``/registers/{register}/records``."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml

from services.simulator.catalogue import Catalogue
from services.simulator.wire import problem

PEOPLE = Path(__file__).with_name("people.yaml")
RELATIONS = ("self", "spouse", "household", "child", "delivery")
Record = dict[str, Any]


class Registers:
    """Answers what a register tells of the people in people.yaml."""

    def __init__(self, catalogue: Catalogue, path: Path = PEOPLE) -> None:
        self._catalogue = catalogue
        self._known: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._by_id = {person["record"]["national_id"]: person for person in self._known["people"].values()}

    def look_up(self, register: str, query: str) -> tuple[int, Any]:
        """Return 200 with records and documents, 404 for a person not known, 400 for a question that is not clear."""
        asked = parse_qs(query)
        relation, ids = asked.get("relation", [""])[0], asked.get("national_id", [])
        if relation not in RELATIONS or len(ids) != 1:
            return 400, problem(f"Ask with national_id and relation ({', '.join(RELATIONS)}).")
        person = self._by_id.get(ids[0].upper())
        if person is None:
            return 404, problem("This person is not on record.")
        records = [self._visible(register, relation, record) for record in self._records(person, relation)]
        return 200, {
            "records": [record for record in records if record],
            "documents": self._documents(register, relation, person),
        }

    def _records(self, person: Mapping[str, Any], relation: str) -> list[Record]:
        """Return the records standing in a relation to a person; a father's delivery is his wife's."""
        spouse = self._known["people"].get(person.get("spouse"))
        if relation == "self":
            return [person["record"]]
        if relation == "spouse":
            return [spouse["record"]] if spouse else []
        if relation == "household":
            return [self._known["households"][person["household"]]["record"]]
        delivery = self._known["deliveries"].get(person.get("delivery") or (spouse or {}).get("delivery"))
        if delivery is None:
            return []
        return [delivery["record"]] if relation == "delivery" else list(delivery["children"])

    def _visible(self, register: str, relation: str, record: Record) -> Record:
        """Return only what the catalogue says this register tells in this relation."""
        told = self._catalogue.serves.get((register, relation), frozenset())
        return {attribute: value for attribute, value in record.items() if attribute in told}

    def _documents(self, register: str, relation: str, person: Mapping[str, Any]) -> list[Record]:
        """Return the e-licences this register holds; only asked about the person or the household."""
        holder = {"self": person, "household": self._known["households"][person["household"]]}.get(relation)
        held = [] if holder is None else holder.get("documents", [])
        return [
            {
                "evidence": document["evidence"],
                "media_type": "text/plain",
                "content": _content(document, person["record"]),
            }
            for document in held
            if self._catalogue.licences.get(document["evidence"]) == register
        ]


def _content(document: Mapping[str, Any], record: Record) -> str:
    """Return the base64 of a licence's text."""
    holder = f"{record['family_name']}{record['given_name']}  {record['national_id']}"
    text = f"{document['title']}\n\nHolder 持证人: {holder}\nSynthetic document of a simulated register.\n"
    return base64.b64encode(text.encode()).decode()
