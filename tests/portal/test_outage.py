"""While the database is away, pages and callbacks answer 503 and say when to come back."""

from __future__ import annotations

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client


def away(error: Exception) -> object:
    def view(*_: object, **__: object) -> None:
        raise error

    return view


@pytest.mark.parametrize("error", [OperationalError("server closed"), InterfaceError("connection already closed")])
def test_a_callback_is_told_to_come_again(client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr("portal.api.views.receive", away(error))
    response = client.post("/api/v1/departments/tax/replies", b"{}", content_type="application/json")
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_a_page_says_that_what_was_saved_is_saved(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.citizen.home.render", away(OperationalError("server closed")))
    monkeypatch.setattr("portal.citizen.home.LifeEvent.objects.all", away(OperationalError("server closed")))
    response = client.get("/")
    assert response.status_code == 503
    assert "What you had saved is still saved" in response.text


def test_other_errors_stay_errors(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.api.views.receive", away(RuntimeError("a bug")))
    with pytest.raises(RuntimeError):
        client.post("/api/v1/departments/tax/replies", b"{}", content_type="application/json")
