"""A citizen's way through the portal in a real browser, from the home page to the reference number."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from portal.demo import PASSWORD
from portal.sample_filing import PAPER

ANSWERS = {
    "birth.claims_maternity_benefit": "true",
    "household.wants_follow_up": "true",
    "tax_claim.wanted": "true",
    "applicant.parent_role": "mother",
    "child.1.family_name": "陈",
    "child.1.given_name": "怡",
    "applicant.phone": "199 0000 0001",
    "household.child_joins": "applicant",
    "payout.account_number": "6222 0000 0000 0000 012",
    "payout.debit_consent": "true",
    "tax_claim.claimed_by": "applicant",
    "card.bank": "postal",
    "results.method": "post_home",
}
GO = "main form button[type=submit]"
MOST_PAGES = 20


def sign_in_and_start(page: Page, base: str, username: str = "lin") -> str:
    """Go from the home page over the event and sign-in to a fresh draft; return its address."""
    page.goto(f"{base}/")
    page.locator(".one-tile__link").first.click()
    page.locator("a.govuk-button").first.click()
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.locator(GO).click()
    page.locator("input[name=lookup][value=yes]").check()
    page.locator(GO).click()
    expect(page.locator(".govuk-task-list").first).to_be_visible()
    return page.url


def answer_pages(page: Page) -> None:
    """Fill in page after page until the task list says that everything is there."""
    page.locator("main a.govuk-button").click()
    for _ in range(MOST_PAGES):
        if "/pages/" not in page.url:
            return
        fill(page)
        page.locator(GO).click()
    raise AssertionError(f"still on {page.url} after {MOST_PAGES} pages")


def fill(page: Page) -> None:
    """Answer every question of the page that is shown."""
    for key, value in ANSWERS.items():
        field = page.locator(f'[name="{key}"]')
        if field.count() == 0:
            continue
        if field.first.get_attribute("type") == "radio":
            page.locator(f'[name="{key}"][value="{value}"]').check()
        else:
            field.fill(value)
    for upload in page.locator("input[type=file]").all():
        upload.set_input_files({"name": "paper.pdf", "mimeType": "application/pdf", "buffer": PAPER})


def send(page: Page) -> str:
    """Check, see who gets what, declare and send; return the reference."""
    page.locator("main a.govuk-button").click()
    expect(page).to_have_url(re.compile("/check/$"))
    page.locator("main a.govuk-button").click()
    page.locator("main a.govuk-button").click()
    page.locator("input[name=agree]").check()
    page.locator(GO).click()
    return page.locator(".one-confirmed__reference").inner_text()
