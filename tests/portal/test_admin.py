"""The operators' pages: for operators only, secrets go in and never out, and somebody always stays operator."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import authenticate
from django.test import Client

from portal.admin import ReadOnlyAdmin
from portal.models import StaffRole, User
from services.audit import Happening, chain
from services.clock import now
from services.inbox import SECRETS
from services.models import Case, CaseEvent, Lane, Register, WorkItem
from services.sealing import open_portal_secret, portal_sealer, sealer

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()
OLDER = "whsec_" + base64.b64encode(b"o" * 32).decode()
TOKEN = "a-token-nobody-may-read"
HEALTH = "/admin/services/lane/health/change/"


@pytest.fixture
def pages(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def lane_form(**changed: str) -> dict[str, str]:
    return {
        "base_url": "http://127.0.0.1:8100/health",
        "timeout_seconds": "10",
        "work_seconds": "5",
        "max_in_flight": "64",
        "safe_statuses": "[]",
        "new_token": "",
        "new_webhook_secret": "",
        **changed,
    }


def user_form(user: User, **changed: str) -> dict[str, str]:
    form = {
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "staff_role": user.staff_role,
        "is_active": "on",
    }
    return {name: value for name, value in {**form, **changed}.items() if value != "OFF"}


def secrets_of(lane: Lane) -> list[str]:
    return open_portal_secret(lane.webhook_secrets, place=SECRETS, row=lane.pk).split()


# Who may open them


@pytest.mark.parametrize("who", ["lin", "clerk", "supervisor", "author", "publisher"])
def test_nobody_but_operators_gets_in(client: Client, people: dict[str, User], who: str) -> None:
    client.force_login(people[who])
    response = client.get("/admin/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/")
    assert client.get("/admin/portal/user/").status_code == 302


def test_an_operator_who_was_deactivated_is_out(pages: Client, operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert pages.get("/admin/").status_code == 302


def test_every_page_opens(pages: Client, filed_case: Case) -> None:
    item = filed_case.items.first()
    WorkItem.objects.create(kind="late", case=filed_case, item=item, opened_at=now(), due_at=now() + timedelta(days=1))
    assert pages.get("/admin/").status_code == 200
    for model in admin.site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert pages.get(base).status_code == 200, base
        row = model._default_manager.first()
        if row is not None:
            assert pages.get(f"{base}{row.pk}/change/").status_code == 200, base


def test_what_is_only_looked_at_cannot_be_changed(pages: Client, filed_case: Case) -> None:
    looked_at = [model for model, page in admin.site._registry.items() if isinstance(page, ReadOnlyAdmin)]
    assert len(looked_at) >= 12
    for model in looked_at:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert pages.get(f"{base}add/").status_code == 403
        row = model._default_manager.first()
        if row is not None:
            assert pages.post(f"{base}{row.pk}/change/", {}).status_code == 403
            assert pages.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_nothing_personal_or_sealed_is_shown(pages: Client, filed_case: Case) -> None:
    happening = Happening("granted", "courier", "card", {"reason": "KANARIENVOGEL"})
    CaseEvent.objects.bulk_create(chain(filed_case, [happening], at=now(), sealer=sealer(filed_case.key)))
    for model in ("case", "caseitem", "caseevent"):
        base = f"/admin/services/{model}/"
        row = {"case": filed_case, "caseitem": filed_case.items.first()}.get(model) or CaseEvent.objects.last()
        html = pages.get(f"{base}{row.pk}/change/").content.decode() + pages.get(base).content.decode()
        for personal in ("990101199403120026", "林", "KANARIENVOGEL", "memory at", "b&#x27;", str(filed_case.key_id)):
            assert personal not in html, (model, personal)


def test_sealed_rows_have_no_page_at_all() -> None:
    names = {model.__name__ for model in admin.site._registry}
    assert names.isdisjoint({"DataKey", "Person", "PersonIndex", "FactSheet", "Reply", "Document", "InboxMessage"})
    assert names.isdisjoint({"ServiceRequest", "Application", "Group"})


# Accounts


def test_an_account_is_made_with_a_password_and_a_role(pages: Client) -> None:
    form = {"username": "mei", "name": "Mei", "email": "", "staff_role": "clerk"}
    passwords = {"password1": "correct-horse-battery", "password2": "correct-horse-battery"}
    assert pages.post("/admin/portal/user/add/", {**form, **passwords}).status_code == 302
    user = User.objects.get(username="mei")
    assert (user.staff_role, user.works_the_desk, user.is_staff) == ("clerk", True, False)
    assert authenticate(username="mei", password="correct-horse-battery") == user


@pytest.mark.parametrize(
    ("one", "other", "says"), [("short", "short", "too short"), ("correct-horse-b", "other", "match")]
)
def test_a_bad_password_makes_no_account(pages: Client, one: str, other: str, says: str) -> None:
    form = {"username": "mei", "staff_role": "", "password1": one, "password2": other}
    assert says in pages.post("/admin/portal/user/add/", form).content.decode()
    assert not User.objects.filter(username="mei").exists()


def test_a_role_is_changed_and_an_account_deactivated(pages: Client, clerk: User) -> None:
    address = f"/admin/portal/user/{clerk.pk}/change/"
    assert pages.post(address, user_form(clerk, staff_role="supervisor")).status_code == 302
    clerk.refresh_from_db()
    assert clerk.staff_role == "supervisor"
    assert pages.post(address, user_form(clerk, is_active="OFF")).status_code == 302
    clerk.refresh_from_db()
    assert not clerk.is_active


def test_a_password_is_set(pages: Client, clerk: User) -> None:
    form = {"password1": "a-new-password-2026", "password2": "a-new-password-2026"}
    assert pages.post(f"/admin/portal/user/{clerk.pk}/password/", form).status_code == 302
    assert authenticate(username="clerk", password="a-new-password-2026") == clerk


def test_accounts_are_never_deleted(pages: Client, clerk: User) -> None:
    assert pages.post(f"/admin/portal/user/{clerk.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in pages.get("/admin/portal/user/").content.decode()


@pytest.mark.parametrize("change", [{"staff_role": "clerk"}, {"staff_role": ""}, {"is_active": "OFF"}])
def test_the_last_operator_stays(pages: Client, operator: User, change: dict[str, str]) -> None:
    User.objects.create_user("gone", staff_role=StaffRole.OPERATOR, is_active=False)
    response = pages.post(f"/admin/portal/user/{operator.pk}/change/", user_form(operator, **change))
    assert "This is the last active operator. Make someone else an operator first" in response.content.decode()
    operator.refresh_from_db()
    assert operator.is_staff


def test_one_of_two_operators_may_go(pages: Client, operator: User) -> None:
    User.objects.create_user("second", staff_role=StaffRole.OPERATOR)
    address = f"/admin/portal/user/{operator.pk}/change/"
    assert pages.post(address, user_form(operator, staff_role="clerk")).status_code == 302
    operator.refresh_from_db()
    assert operator.staff_role == "clerk"


# Lanes and registers


def test_a_token_goes_in_sealed_and_never_comes_out(pages: Client, filed_case: Case) -> None:
    assert pages.post(HEALTH, lane_form(new_token=TOKEN)).status_code == 302
    lane = Lane.objects.get(pk="health")
    assert TOKEN.encode() not in bytes(lane.token)
    assert open_portal_secret(lane.token, place="lane.token", row="health") == TOKEN
    html = pages.get(HEALTH).content.decode() + pages.get("/admin/services/lane/").content.decode()
    html += pages.get("/admin/services/lane/health/history/").content.decode()
    assert TOKEN not in html
    assert 'type="password" name="new_token"' in html


def test_an_error_elsewhere_does_not_send_a_secret_back(pages: Client, filed_case: Case) -> None:
    form = lane_form(new_token=TOKEN, new_webhook_secret=SECRET, max_in_flight="0")
    html = pages.post(HEALTH, form).content.decode()
    assert TOKEN not in html
    assert SECRET not in html


def test_an_empty_field_keeps_what_is_set(pages: Client, filed_case: Case) -> None:
    pages.post(HEALTH, lane_form(new_token=TOKEN, new_webhook_secret=SECRET))
    pages.post(HEALTH, lane_form(timeout_seconds="3"))
    lane = Lane.objects.get(pk="health")
    assert (lane.timeout_seconds, secrets_of(lane)) == (3.0, [SECRET])
    assert open_portal_secret(lane.token, place="lane.token", row="health") == TOKEN


def test_a_new_webhook_secret_stands_beside_the_old_until_they_are_dropped(pages: Client, filed_case: Case) -> None:
    pages.post(HEALTH, lane_form(new_webhook_secret=OLDER))
    pages.post(HEALTH, lane_form(new_webhook_secret=SECRET))
    assert secrets_of(Lane.objects.get(pk="health")) == [SECRET, OLDER]
    pages.post(HEALTH, lane_form(drop_older_secrets="on"))
    assert secrets_of(Lane.objects.get(pk="health")) == [SECRET]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "ftp://127.0.0.1/x"),
        ("base_url", "health"),
        ("base_url", "http://"),
        ("base_url", "http://user:secret@127.0.0.1/"),
        ("base_url", "http://127.0.0.1/?a=1"),
        ("base_url", "http://127.0.0.1:99999/"),
        ("base_url", "http://[broken"),
        ("timeout_seconds", "0"),
        ("timeout_seconds", "-1"),
        ("timeout_seconds", "nan"),
        ("work_seconds", "-1"),
        ("max_in_flight", "0"),
        ("max_in_flight", "1.5"),
        ("safe_statuses", '{"a": 1}'),
        ("safe_statuses", "[200]"),
        ("safe_statuses", "[true]"),
        ("new_token", "two words"),
        ("new_token", "schlüssel"),
        ("new_webhook_secret", "nonsense"),
        ("new_webhook_secret", "whsec_" + base64.b64encode(b"short").decode()),
    ],
)
def test_a_wrong_set_up_is_refused_beside_the_field(pages: Client, filed_case: Case, field: str, value: str) -> None:
    before = Lane.objects.values().get(pk="health")
    response = pages.post(HEALTH, lane_form(**{field: value}))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert Lane.objects.values().get(pk="health") == before


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("http://simulator:8100/health/", "http://simulator:8100/health"),
        ("", ""),
        ("https://a.example", "https://a.example"),
    ],
)
def test_an_address_is_kept_without_its_last_slash(pages: Client, filed_case: Case, written: str, kept: str) -> None:
    assert pages.post(HEALTH, lane_form(base_url=written, safe_statuses="[429, 503]")).status_code == 302
    lane = Lane.objects.get(pk="health")
    assert (lane.base_url, lane.safe_statuses) == (kept, [429, 503])


def test_saving_never_undoes_a_pause_that_came_meanwhile(pages: Client, filed_case: Case) -> None:
    Lane.objects.filter(pk="health").update(paused_since=now(), pause_reason="status 401")
    response = pages.post(HEALTH, lane_form(new_token=TOKEN), follow=True)
    assert "still paused" in response.content.decode()
    assert Lane.objects.get(pk="health").paused_since is not None


def test_the_action_resumes_paused_departments_only(pages: Client, filed_case: Case) -> None:
    Lane.objects.filter(pk__in=["health", "tax"]).update(paused_since=now(), pause_reason="status 401")
    chosen = {"action": "resume", "_selected_action": ["health", "civil-registry"]}
    html = pages.post("/admin/services/lane/", chosen, follow=True).content.decode()
    assert "1 department is sent to again." in html
    assert list(Lane.objects.exclude(paused_since=None).values_list("pk", flat=True)) == ["tax"]
    assert Lane.objects.get(pk="health").pause_reason == ""
    assert "Resumed." in pages.get("/admin/services/lane/health/history/").content.decode()


def test_a_registers_token_is_sealed_in_its_own_place(pages: Client, filed_case: Case) -> None:
    register = Register.objects.first()
    address = f"/admin/services/register/{register.pk}/change/"
    assert pages.post(address, {"base_url": "http://127.0.0.1:8100/r/", "new_token": TOKEN}).status_code == 302
    register.refresh_from_db()
    assert register.base_url == "http://127.0.0.1:8100/r"
    assert open_portal_secret(register.token, place="register.token", row=register.pk) == TOKEN
    assert TOKEN not in pages.get(address).content.decode()


def test_lanes_and_registers_come_and_go_with_the_catalogue_only(pages: Client, filed_case: Case) -> None:
    for model in ("lane", "register"):
        assert pages.get(f"/admin/services/{model}/add/").status_code == 403
    assert pages.post("/admin/services/lane/health/delete/", {"post": "yes"}).status_code == 403


def test_secrets_whose_key_is_lost_can_be_entered_again(pages: Client, filed_case: Case) -> None:
    sealed = portal_sealer().seal_bytes(b"x", place=SECRETS, row="tax")
    Lane.objects.filter(pk="health").update(webhook_secrets=sealed)
    assert "cannot be opened: enter it again" in pages.get("/admin/services/lane/").content.decode()
    assert pages.post(HEALTH, lane_form(new_webhook_secret=SECRET)).status_code == 302
    assert secrets_of(Lane.objects.get(pk="health")) == [SECRET]
