"""Synthetic people of the demonstration: the same ones the simulated registers know."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from portal.models import StaffRole, User
from services.people import enter_person, find_person

PASSWORD = "one-thing-demo"  # noqa: S105 - printed on every start; these accounts exist in demonstrations only


@dataclass(frozen=True, slots=True)
class DemoPerson:
    username: str
    name: str
    role: str = StaffRole.CITIZEN
    family_name: str = ""
    given_name: str = ""
    national_id: str = ""


PEOPLE = (
    DemoPerson("lin", "Lin Wei 林伟", family_name="林", given_name="伟", national_id="990101199403120026"),
    DemoPerson("chen", "Chen Hao 陈昊", family_name="陈", given_name="昊", national_id="990101199207080012"),
    DemoPerson("zhao", "Zhao Min 赵敏", family_name="赵", given_name="敏", national_id="990102199605200047"),
    DemoPerson("sun", "Sun Li 孙丽", family_name="孙", given_name="丽", national_id="990103199309250062"),
    DemoPerson("clerk", "Counter clerk", StaffRole.CLERK),
    DemoPerson("supervisor", "Counter supervisor", StaffRole.SUPERVISOR),
    DemoPerson("author", "Catalogue author", StaffRole.AUTHOR),
    DemoPerson("publisher", "Catalogue publisher", StaffRole.PUBLISHER),
    DemoPerson("operator", "Operator", StaffRole.OPERATOR),
)


def enter_demo_people() -> None:
    """Create whoever is missing; existing accounts keep their passwords."""
    known = {user.username: user for user in User.objects.filter(username__in=[who.username for who in PEOPLE])}
    # Hashed once for all: a good hash is slow on purpose, and the word is public anyway.
    hashed = make_password(PASSWORD) if len(known) < len(PEOPLE) else ""
    for who in PEOPLE:
        user = known.get(who.username)
        if user is None:
            user = User(username=who.username, name=who.name, staff_role=who.role, password=hashed)
            user.save(force_insert=True)
        if who.national_id and find_person(who.national_id) is None:
            identity = {"family_name": who.family_name, "given_name": who.given_name, "national_id": who.national_id}
            enter_person(identity=identity, user=user)
