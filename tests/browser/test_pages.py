"""Every page of the demo person: accessible, within its width, silent in the console, and talking to its own host only."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PAGES = [
    "/dashboard/",
    "/holdings/",
    "/transactions/",
    "/transactions/new/",
    "/transactions/new/?kind=fx_exchange",
    "/transactions/grid/",
    "/lots/",
    "/actions/",
    "/actions/new/?kind=merger",
    "/transfers/new/",
    "/portfolios/",
    "/portfolios/new/",
    "/import/",
    "/instruments/find/?q=a",
    "/alerts/",
    "/notifications/",
    "/news/",
    "/markets/?q=a",
    "/value/",
    "/risk/",
    "/income/",
    "/projection/",
    "/instruments/1/",
    "/instruments/1/?view=candles&span=all",
    "/watchlists/add/",
    "/settings/",
    "/settings/data/",
    "/settings/data/erase/",
    "/settings/data/consents/",
    "/settings/notifications/",
    "/portfolios/1/share/",
    "/portfolios/1/comments/",
    "/household/",
    "/welcome/",
]
GATES = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
AXE_OPTIONS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def _serious(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    return [f"{v['id']}: {v['help']} → {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in {"serious", "critical"}]


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_serious_accessibility_fault_in_either_theme(themed: Page, path: str) -> None:
    assert themed.goto(path).ok  # type: ignore[union-attr]
    themed.wait_for_load_state("networkidle")
    assert _serious(themed) == []
    assert _overflow(themed) <= 0


@pytest.mark.parametrize("path", GATES)
def test_no_page_before_signing_in_has_a_serious_accessibility_fault(stranger: Page, path: str) -> None:
    assert stranger.goto(path).ok  # type: ignore[union-attr]
    assert _serious(stranger) == []
    assert _overflow(stranger) <= 0


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(demo_phone: Page, path: str) -> None:
    assert demo_phone.goto(path).ok  # type: ignore[union-attr]
    demo_phone.wait_for_load_state("networkidle")
    assert _overflow(demo_phone) <= 0
    assert _serious(demo_phone) == []


def test_the_dashboard_draws_its_charts_under_the_strict_policy(demo: Page) -> None:
    demo.goto("/dashboard/")
    expect(demo.locator("[data-chart='performance'] .main-svg").first).to_be_visible(timeout=15_000)
    expect(demo.locator("[data-chart='allocation'] .main-svg").first).to_be_visible(timeout=15_000)


def test_the_dashboard_is_complete_without_script(browser, site: str, demo_state: str) -> None:
    context = browser.new_context(base_url=site, storage_state=demo_state, java_script_enabled=False)
    page = context.new_page()
    page.goto("/dashboard/")
    expect(page.locator(".figure__value").first).to_contain_text("€")
    assert page.locator("#holdings-table tbody tr").count() > 5
    assert page.locator(".chart__fallback").count() >= 1
    context.close()


def test_the_documentation_of_the_api_lists_its_operations_under_the_strict_policy(stranger: Page) -> None:
    assert stranger.goto("/api/v1/docs").ok  # type: ignore[union-attr]
    expect(stranger).to_have_title("Plumbline API")
    expect(stranger.locator(".opblock").first).to_be_visible(timeout=60_000)
    stranger.wait_for_load_state("networkidle")
    listed: set[str] = set()
    for _ in range(60):  # only those near the screen are drawn
        listed |= set(stranger.locator(".opblock-summary-path").all_inner_texts())
        if len(listed) > 30:
            return
        stranger.mouse.wheel(0, 500)
        stranger.wait_for_timeout(100)
    pytest.fail(f"{len(listed)} operations were listed")
