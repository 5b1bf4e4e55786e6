"""An alert from a holding's page to the inbox, as a person sees it."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import Page, expect


def _set(page: Page, kind: str, threshold: Decimal) -> None:
    """From the page of a holding, in the drawer."""
    page.get_by_role("link", name="Set alert").first.click()
    form = page.locator(".drawer #alert-form")
    form.get_by_label("When").select_option(kind)
    expect(form.locator("#id_kind")).to_have_value(kind)
    page.wait_for_load_state("networkidle")
    form.locator("[name=threshold]").fill(str(threshold))
    form.get_by_role("button", name="Save alert").click()
    page.wait_for_url("**/alerts/")


def test_an_alert_on_a_holding_fires_from_a_tick_and_toast_badge_and_inbox_agree(demo: Page) -> None:
    page = demo
    page.goto("/holdings/")
    holding = str(page.locator("tr[data-row]").filter(has_text="AAPL").first.get_attribute("data-href"))
    price = Decimal(page.request.get("/api/v1/stocks/AAPL").json()["price"])
    for kind, far in (("price_above", "1.0001"), ("price_below", "0.9999")):  # one of the two is a tick away, whichever way it goes
        page.goto(holding)
        _set(page, kind, (price * Decimal(far)).quantize(Decimal("0.01")))
    page.goto("/holdings/")
    toast = page.locator(".toasts .toast").filter(has_text=re.compile("AAPL (rose|fell|is at)")).first
    expect(toast).to_be_visible(timeout=60_000)
    said = toast.inner_text().strip()
    expect(page.locator(".icon-btn__badge").first).to_have_text(re.compile(r"^[12]$"))
    page.goto("/notifications/")
    expect(page.locator(".feed__title").filter(has_text=said)).to_have_count(1)
    expect(page.locator(".feed li").filter(has_text="New")).to_have_count(page.locator(".feed li").count())
    page.get_by_role("button", name="Mark all as read").click()
    page.wait_for_url("**/notifications/")
    page.goto("/alerts/")
    expect(page.locator("main")).to_contain_text("Reached")
