"""An alert from a holding's page to the inbox, as a person sees it."""

from __future__ import annotations

import os
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect


def _set(page: Page, kind: str, threshold: Decimal) -> None:
    """From the page of a holding, in the drawer."""
    page.get_by_role("link", name="Set alert").first.click()
    form = page.locator(".drawer #alert-form")
    with page.expect_response(lambda answer: answer.url.endswith("/alerts/add/") and answer.request.method == "POST"):
        form.get_by_label("When").select_option(kind)  # the form of this kind takes the place of the other
    page.wait_for_timeout(500)
    expect(form.locator("#id_kind")).to_have_value(kind)
    form.locator("[name=threshold]").fill(str(threshold))
    form.get_by_role("button", name="Save alert").click()
    page.wait_for_url("**/alerts/")


_LISTEN = """() => {
  window.toasts = [];
  new MutationObserver(all => all.forEach(one => one.addedNodes.forEach(node => window.toasts.push(node.innerText || ""))))
    .observe(document.querySelector(".toasts"), { childList: true, subtree: true });
}"""


def _first_toast(page: Page, seconds: int = 600) -> str:
    """What the first toast of an alert said; toasts go by themselves, so they were written down."""
    for _ in range(4 * seconds):
        for said in page.evaluate("window.toasts"):
            if re.match(r"\s*AAPL (rose|fell|is at)", said):
                return str(said).strip()
        page.wait_for_timeout(250)
    raise AssertionError(f"no toast of an alert came in {seconds} seconds")


@pytest.mark.drill
@pytest.mark.skipif(os.environ.get("DRILLS") != "long", reason="waits until the demo market happens to cross a price, which can take minutes")
def test_an_alert_on_a_holding_fires_from_a_tick_and_toast_badge_and_inbox_agree(demo: Page) -> None:
    page = demo
    page.goto("/holdings/")
    holding = str(page.locator("tr[data-row]").filter(has_text="AAPL").first.get_attribute("data-href"))
    watching = page.context.new_page()  # open from before the alerts on: the next tick may come while the second one is being set
    watching.goto("/holdings/")
    watching.evaluate(_LISTEN)
    price = Decimal(page.request.get("/api/v1/stocks/AAPL").json()["price"])
    for kind, far in (("price_above", "1.0001"), ("price_below", "0.9999")):  # one of the two is a tick away, whichever way it goes
        page.goto(holding)
        _set(page, kind, (price * Decimal(far)).quantize(Decimal("0.01")))
    said = _first_toast(watching)
    expect(watching.locator(".icon-btn__badge").first).to_have_text(re.compile(r"^[12]$"))
    watching.close()
    page.goto("/notifications/")
    expect(page.locator(".feed__title").filter(has_text=said)).to_have_count(1)
    expect(page.locator(".feed li").filter(has_text="New")).to_have_count(page.locator(".feed li").count())
    page.get_by_role("button", name="Mark all as read").click()
    page.wait_for_url("**/notifications/")
    page.goto("/alerts/")
    expect(page.locator("main")).to_contain_text("Reached")
