"""axe-core finds nothing on any citizen page, on a phone and on a desktop, in both languages; nothing overflows."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.journey import GO, answer_pages, send, sign_in_and_start
from tests.stack import Stack

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_axe_finds_nothing_on_any_page(stack: Stack, chromium: Browser, language: str) -> None:
    context = chromium.new_context(locale=language)
    context.set_extra_http_headers({"Accept-Language": language.lower()})
    page = context.new_page()
    event = f"{stack.url}/events/having-a-child/"
    found = look(page, f"{stack.url}/", f"{stack.url}/?q=zzz", event, f"{stack.url}/sign-in/", f"{stack.url}/nowhere/")
    found += look_after_sending_nothing(page)
    draft = sign_in_and_start(page, stack.url)
    first = f"{draft}pages/situation/"
    found += look(page, f"{event}start/", draft, first)
    page.goto(first)
    found += look_after_sending_nothing(page)
    page.goto(draft)
    answer_pages(page)
    steps = [f"{draft}{step}/" for step in ("pages/child.1", "pages/documents", "check", "who", "declare")]
    found += look(page, draft, *steps)
    page.goto(draft)
    send(page)
    sent = page.url
    found += look(page, sent, draft, f"{stack.url}/applications/", sent.removesuffix("sent/"))
    context.close()
    assert found == []


def look(page: Page, *addresses: str) -> list[str]:
    """Return what is wrong with these pages, every hidden detail opened, at both widths."""
    found = []
    for address in addresses:
        page.goto(address)
        found += look_here(page)
    return found


def look_after_sending_nothing(page: Page) -> list[str]:
    """Send the form as it is, and look at its errors."""
    if "/nowhere/" in page.url:
        page.goto(page.url.replace("/nowhere/", "/sign-in/"))
    page.locator(GO).click()
    return look_here(page)


def look_here(page: Page) -> list[str]:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        result = Axe().run(page, options=RULES)
        for broken in result.response["violations"]:
            places = [node["target"] for node in broken["nodes"]][:3]
            found.append(f"{width} {page.url}: {broken['id']} {places}")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{width} {page.url}: wider than the screen")
    return found
