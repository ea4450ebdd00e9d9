"""What is typed in a terminal: the first operator, and errors as one sentence."""

from __future__ import annotations

import io
from io import StringIO
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from portal.management.commands import create_operator
from portal.models import StaffRole, User
from services.models import Case

pytestmark = pytest.mark.django_db
GOOD = "correct-horse-battery"


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Answer the questions for a password, one after another."""
    given = iter(answers)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(create_operator, "getpass", lambda prompt: next(given))


def test_a_fresh_install_makes_its_first_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, f"{GOOD}\n")
    assert run("create_operator", "mei", "--password-stdin", name="Mei Operator") == "Operator 'mei' can sign in now.\n"
    user = User.objects.get()
    assert (user.staff_role, user.is_active, user.is_staff, user.name) == (
        StaffRole.OPERATOR,
        True,
        True,
        "Mei Operator",
    )
    assert authenticate(username="mei", password=GOOD) == user


def test_at_a_terminal_the_password_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, GOOD, GOOD)
    run("create_operator", "mei")
    assert authenticate(username="mei", password=GOOD)


def test_two_different_passwords_create_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, GOOD, GOOD + "x")
    with pytest.raises(CommandError, match="The two passwords differ"):
        run("create_operator", "mei")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("username", "password", "says"),
    [
        ("mei", "short", "too short"),
        ("mei", "1q2w3e4r5t6y", "too common"),
        ("mei-the-operator", "mei-the-operator", "similar"),
        ("mei", "", "no password on stdin"),
        ("", GOOD, "cannot be used"),
        ("mei lin", GOOD, "cannot be used"),
        ("x" * 151, GOOD, "cannot be used"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_created(monkeypatch, username: str, password: str, says: str) -> None:
    type_in(monkeypatch, f"{password}\n")
    with pytest.raises(CommandError, match=says):
        run("create_operator", username, "--password-stdin")
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused_before_a_password_is_asked(operator: User, monkeypatch) -> None:
    at_a_terminal(monkeypatch)
    with pytest.raises(CommandError, match="There is already a user 'operator'"):
        run("create_operator", "operator")


def test_without_a_terminal_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "")
    with pytest.raises(CommandError, match="Use --password-stdin"):
        run("create_operator", "mei")


def test_djangos_own_createsuperuser_makes_an_operator_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    run("createsuperuser", username="root", interactive=False)
    assert User.objects.get().staff_role == StaffRole.OPERATOR
    assert authenticate(username="root", password=GOOD)


def test_a_case_is_shown_by_reference_however_it_is_written(filed_case: Case) -> None:
    assert filed_case.reference in run("show_case", filed_case.reference.lower().replace("-", ""))
    document = orjson.loads(run("show_case", filed_case.reference, json=True))
    assert (document["reference"], len(document["items"])) == (filed_case.reference, 10)


@pytest.mark.parametrize(
    ("reference", "says"), [("nonsense", "is not a reference"), ("0000-0000-0000-0", "There is no case")]
)
def test_a_wrong_reference_is_one_sentence(reference: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run("show_case", reference)


def test_demo_people_are_entered_once() -> None:
    first = run("load_demo")
    User.objects.filter(username="lin").update(name="Changed")
    assert run("load_demo") == first
    assert User.objects.get(username="lin").name == "Changed"
    assert User.objects.count() == 9


def test_an_unchanged_catalogue_publishes_nothing_new(catalogue) -> None:
    assert "Published" not in run("load_catalogue")
    assert catalogue.bundle.versions.count() == 1


def test_a_sample_that_does_not_exist_is_named_with_those_that_do(catalogue) -> None:
    with pytest.raises(CommandError, match="There is no sample 'nobody'. There are: married"):
        run("file_case", "birth", sample="nobody")
    with pytest.raises(CommandError, match="No bundle 'nothing' is published"):
        run("file_case", "nothing")


def test_a_case_is_filed_and_printed_as_json(catalogue, people) -> None:
    document = orjson.loads(run("file_case", "birth", sample="married", username="lin", json=True))
    assert Case.objects.get().reference == document["reference"]
