"""Callbacks: signed as Standard Webhooks (its own package is the judge), repeated until taken, officer included."""

from __future__ import annotations

import base64
import re

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.simulator.tokens import webhook_key
from tests.services.simulator.world import SECRET, Callback, Portal, Simulator, request, until


def verify(callback: Callback, department: str = "health") -> None:
    key = base64.b64encode(webhook_key(SECRET, department)).decode()
    Webhook("whsec_" + key).verify(callback.body, callback.headers)


def test_a_callback_is_signed_and_tells_what_asking_tells(simulator: Simulator, callbacks: Portal) -> None:
    body = request("callback-keyed", reply_to=callbacks.url)
    assert simulator.post("health", body).status == 202
    callback = callbacks.next()
    verify(callback)
    with pytest.raises(WebhookVerificationError):
        verify(callback, "tax")
    asked = simulator.ask("GET", f"/health/requests/{body['request']}")
    assert callback.document == asked.document
    assert callback.document["status"] == "granted"
    until(lambda: simulator.entry(body["case"])["callbacks_accepted"] == 1)


def test_a_callback_comes_when_the_days_are_over(simulator: Simulator, callbacks: Portal) -> None:
    simulator.control("PUT", "/settings", {"day_seconds": 600})
    body = request("callback-keyed", reply_to=callbacks.url)
    simulator.post("health", body)
    assert simulator.ask("GET", f"/health/requests/{body['request']}").status == 202
    assert callbacks.received.empty()
    simulator.control("PUT", "/settings", {"day_seconds": 0.05})
    assert callbacks.next().document["request"] == body["request"]


def test_a_callback_that_is_not_taken_comes_again_under_the_same_id(simulator: Simulator, callbacks: Portal) -> None:
    for status in (500, 404):
        callbacks.answers.put(status)
    body = request("callback-keyed", reply_to=callbacks.url)
    simulator.post("health", body)
    tries = [callbacks.next() for _ in range(3)]
    assert len({callback.headers["webhook-id"] for callback in tries}) == 1
    assert len({callback.body for callback in tries}) == 1
    until(lambda: simulator.entry(body["case"])["callbacks_accepted"] == 1)


def test_a_key_repeated_after_the_decision_tells_it(simulator: Simulator, callbacks: Portal) -> None:
    body = request("callback-keyed", reply_to=callbacks.url)
    assert simulator.post("health", body).status == 202
    assert simulator.post("health", body).status == 200
    assert simulator.entry(body["case"])["acted"] == 1


@pytest.mark.parametrize(("button", "status"), [("grant", "granted"), ("refuse", "refused"), ("correct", "correction")])
def test_an_officer_decides(simulator: Simulator, callbacks: Portal, button: str, status: str) -> None:
    body = request("officer-keyed", reply_to=callbacks.url, child__given_name="<b>Lin</b>")
    assert simulator.post("health", body).status == 202
    assert simulator.ask("GET", f"/health/requests/{body['request']}").status == 202
    page = simulator.call("GET", "/officer/").body.decode()
    assert body["case"] in page and "&lt;b&gt;Lin&lt;/b&gt;" in page and "<b>Lin" not in page
    token = re.findall(r'name="token" value="([0-9a-f]+)"', page)[0]
    form = f"department=health&request={body['request']}&decision={button}&element=child.given_name&text=Why&token="
    assert simulator.call("POST", "/officer/decision", (form + "wrong").encode()).status == 400
    assert simulator.call("POST", "/officer/decision", (form + token).encode()).status == 303
    callback = callbacks.next()
    verify(callback)
    assert callback.document["status"] == status
    reasons = {"grant": [], "refuse": [{"code": "officer", "text": "Why"}]}
    wanted = reasons.get(button, [{"element": "child.given_name", "code": "officer", "text": "Why"}])
    assert callback.document["reasons"] == wanted
    assert simulator.entry(body["case"])["status"] == status
    assert simulator.call("POST", "/officer/decision", (form + token).encode()).status == 409
    assert body["case"] not in simulator.call("GET", "/officer/").body.decode()
