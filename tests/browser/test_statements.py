"""Another moment, what changed since, a statement and its corrections: in a real browser, with and without scripts."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import _overflow, _serious

MONTH_AGO = (date.today() - timedelta(days=30)).isoformat()


def _portfolio(page: Page) -> str:
    """The address of the person's first portfolio."""
    page.goto("/lots/")
    found = re.search(r"/portfolios/\d+/", page.url)
    assert found is not None
    return found.group()


def _addresses(page: Page) -> list[str]:
    first = _portfolio(page)
    return [
        f"/holdings/?as_of={MONTH_AGO}&known_at={MONTH_AGO}",
        f"{first}reconcile/?day={MONTH_AGO}",
        f"{first}changes/?from={MONTH_AGO}",
        f"{first}settings/",
        f"{first}lots/?known_at={MONTH_AGO}",
    ]


def test_the_pages_have_no_serious_accessibility_fault_and_fit(themed: Page) -> None:
    for path in _addresses(themed):
        assert themed.goto(path).ok  # type: ignore[union-attr]
        themed.wait_for_load_state("networkidle")
        assert _serious(themed) == [], path
        assert _overflow(themed) <= 0, path


def test_the_pages_fit_a_phone(demo_phone: Page) -> None:
    for path in _addresses(demo_phone):
        assert demo_phone.goto(path).ok  # type: ignore[union-attr]
        demo_phone.wait_for_load_state("networkidle")
        assert _overflow(demo_phone) <= 0, path
        assert _serious(demo_phone) == [], path


def test_a_moment_is_chosen_and_left_again(demo: Page) -> None:
    demo.goto("/holdings/")
    demo.get_by_label("Choose the day that the page tells of").click()
    demo.get_by_label("As of the end of").fill(MONTH_AGO)
    demo.get_by_role("button", name="Show").click()
    expect(demo.locator(".note--warn").first).to_contain_text("You are looking at")
    assert f"as_of={MONTH_AGO}" in demo.url and demo.locator("[data-row]").count() == 0
    demo.get_by_role("link", name="Back to now").click()
    expect(demo.locator("[data-row]").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_statement_is_compared_put_right_and_taken_back(browser: Browser, site: str, demo_state: str, scripts: bool) -> None:
    context = browser.new_context(base_url=site, storage_state=demo_state, java_script_enabled=scripts)
    page = context.new_page()
    first = _portfolio(page)
    page.goto(f"{first}reconcile/")
    units = page.locator("input[name^=p]").first
    held = units.input_value()
    units.fill(f"{held}1" if "." in held else f"{held}.5")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Statement of")
    assert page.locator(".row-msg").count() == 1
    page.get_by_role("button", name="Adjust").click()
    expect(page.get_by_text("Everything agrees.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.goto(f"{first}reconcile/")
    page.locator("table").last.get_by_role("link").first.click()
    expect(page.locator(".row-msg")).to_have_count(1)
    page.get_by_text("Remove this statement").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", name="Reconcile")).to_be_visible()
    context.close()
