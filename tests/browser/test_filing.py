"""A birth filed in a real browser against the real system, with and without JavaScript, and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.references import normalise_reference
from tests.browser.journey import ANSWERS, GO, answer_pages, send, sign_in_and_start
from tests.stack import Stack

pytestmark = pytest.mark.browser

SETTLE_SECONDS = 60.0
MOST_TABS = 40


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A phone; anything the browser complains about fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    opened, complaints = context.new_page(), list[str]()
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def plain_page(chromium: Browser) -> Iterator[Page]:
    """A browser without JavaScript."""
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    yield context.new_page()
    context.close()


def test_a_birth_is_filed_and_watched_live_to_ten_of_ten(stack: Stack, page: Page) -> None:
    sign_in_and_start(page, stack.url)
    answer_pages(page)
    reference = send(page)
    assert normalise_reference(reference) == reference
    page.locator("main a.govuk-button").click()
    loaded = page.evaluate("performance.timeOrigin")
    expect(page.locator(".one-truth__lead")).to_have_text("All 10 done.", timeout=SETTLE_SECONDS * 1000)
    assert page.evaluate("performance.timeOrigin") == loaded, "the page was loaded again"
    expect(page.locator("#one-live-say")).to_contain_text("All 10 done.")
    assert page.locator(".one-state--done").count() == 10
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    assert download.value.suggested_filename.endswith(".txt")


def test_a_birth_is_filed_and_followed_without_javascript(stack: Stack, plain_page: Page) -> None:
    sign_in_and_start(plain_page, stack.url)
    answer_pages(plain_page)
    reference = send(plain_page)
    plain_page.locator("main a.govuk-button").click()

    def settled() -> bool:
        plain_page.reload()
        return "All 10 done." in plain_page.content()

    stack.wait_until(settled, SETTLE_SECONDS, "ten of ten")
    assert reference in plain_page.content()


def test_a_form_page_is_filled_in_by_keyboard_alone(stack: Stack, page: Page) -> None:
    sign_in_and_start(page, stack.url)
    page.locator("main a.govuk-button").click()
    before = page.url
    for key in [key for key in ANSWERS if page.locator(f'[name="{key}"]').count()]:
        tab_to(page, f'[name="{key}"]')
        page.keyboard.press("Space")
        assert page.locator(f'[name="{key}"]').first.is_checked()
    tab_to(page, GO)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(before)
    expect(page).to_have_url(re.compile("/pages/family/$"))


def test_sending_from_two_tabs_makes_one_case(stack: Stack, page: Page) -> None:
    sign_in_and_start(page, stack.url)
    answer_pages(page)
    page.goto(f"{page.url}declare/")
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        tab.locator("input[name=agree]").check()
    page.locator(GO).click()
    reference = page.locator(".one-confirmed__reference").inner_text()
    other.locator(GO).click()
    expect(other.locator("h1")).to_have_text("This application has already been sent")
    assert other.locator(".one-confirmed__reference").inner_text() == reference


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element of the selector has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
