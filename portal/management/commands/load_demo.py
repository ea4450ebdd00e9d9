"""Enter the synthetic people of the demonstration."""

from __future__ import annotations

from typing import Any

from portal.demo import PASSWORD, PEOPLE, enter_demo_people
from portal.management.printing import JsonCommand


class Command(JsonCommand):
    help = (
        "Enter demonstration accounts (citizens, clerk, supervisor, author, publisher, operator). Never in production."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        enter_demo_people()
        people = [
            {"username": who.username, "password": PASSWORD, "role": who.role or "citizen", "name": who.name}
            for who in PEOPLE
        ]
        if options["json"]:
            return self.print_json({"people": people})
        for person in people:
            self.stdout.write(f"{person['username']:<12} {person['role']:<12} {person['name']}")
