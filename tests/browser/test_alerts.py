"""An alert from a holding's page to the inbox, as a person sees it."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

from playwright.sync_api import Page, expect

HALF_A_CENT = Decimal("0.005")


def _set(page: Page, kind: str, threshold: str) -> None:
    """From the page of a holding, in the drawer."""
    page.get_by_role("link", name="Set alert").first.click()
    form = page.locator(".drawer #alert-form")
    with page.expect_response(lambda answer: answer.url.endswith("/alerts/add/") and answer.request.method == "POST"):
        form.get_by_label("When").select_option(kind)  # the form of this kind takes the place of the other
    page.wait_for_timeout(500)
    expect(form.locator("#id_kind")).to_have_value(kind)
    form.locator("[name=threshold]").fill(threshold)
    form.get_by_role("button", name="Save alert").click()
    page.wait_for_url("**/alerts/")


_LISTEN = """() => {
  window.toasts = [];
  new MutationObserver(all => all.forEach(one => one.addedNodes.forEach(node => window.toasts.push(node.innerText || ""))))
    .observe(document.querySelector(".toasts"), { childList: true, subtree: true });
}"""


def _price(page: Page) -> Decimal:
    return Decimal(page.request.get("/api/v1/stocks/AAPL").json()["price"])


def _around(price: Decimal) -> tuple[str, str]:
    """Half a cent on either side: the next tick is on the other side of one of the two, whichever way it goes."""
    return str(price - HALF_A_CENT), str(price + HALF_A_CENT)


def _set_anew(page: Page, ours: list[int]) -> None:
    """The market went on while the alerts were being set: they are put around where it is now."""
    token = page.evaluate("JSON.parse(document.querySelector('[hx-headers]').getAttribute('hx-headers'))['X-CSRFToken']")
    for number, threshold in zip(ours, _around(_price(page)), strict=True):
        headers = {"X-CSRFToken": token, "Referer": page.url}
        answer = page.request.patch(f"/api/v1/alerts/{number}", data={"threshold": threshold}, headers=headers)
        assert answer.ok, answer.text()


def _first_toast(page: Page, ours: list[int], seconds: int = 120) -> str:
    """What the first toast of an alert said; toasts go by themselves, so they were written down."""
    for turn in range(4 * seconds):
        for said in page.evaluate("window.toasts"):
            if re.match(r"\s*AAPL ", said):
                return str(said).strip()
        if turn % 24 == 12:
            _set_anew(page, ours)
        page.wait_for_timeout(250)
    raise AssertionError(f"no toast of an alert came in {seconds} seconds")


def _mail_of(mails: Path, said: str, seconds: int = 90) -> str:
    """The mail that tells the same."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for path in mails.iterdir():
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            if said in str(mail["Subject"]):
                return str(mail["To"])
        time.sleep(0.5)
    raise AssertionError(f"no mail said “{said}” in {seconds} seconds")


def test_an_alert_on_a_holding_fires_from_a_tick_and_toast_badge_inbox_and_mail_agree(demo: Page, mails: Path) -> None:
    page = demo
    page.goto("/holdings/")
    holding = str(page.locator("tr[data-row]").filter(has_text="AAPL").first.get_attribute("data-href"))
    watching = page.context.new_page()  # open from before the alerts on: the next tick may come while the second one is being set
    watching.goto("/holdings/")
    watching.evaluate(_LISTEN)
    known = {one["id"] for one in page.request.get("/api/v1/alerts").json()["results"]}
    for threshold in _around(_price(page)):
        page.goto(holding)
        _set(page, "price_crosses", threshold)
    ours = sorted({one["id"] for one in page.request.get("/api/v1/alerts").json()["results"]} - known)
    said = _first_toast(watching, ours)
    badge = watching.locator(".icon-btn__badge").first
    expect(badge).to_have_text(re.compile(r"^[1-9]$"))
    page.goto("/notifications/")
    expect(page.locator(".feed__title").filter(has_text=said)).to_have_count(1)
    unread = page.locator(".feed li").filter(has_text="New")
    expect(badge).to_have_text(str(unread.count()))
    watching.close()
    assert _mail_of(mails, said)
    page.get_by_role("button", name="Mark all as read").click()
    page.wait_for_url("**/notifications/")
    page.goto("/alerts/")
    expect(page.locator("main")).to_contain_text("Reached")


def test_a_click_on_a_chart_and_the_arrow_keys_choose_the_level_of_an_alert(demo: Page) -> None:
    page = demo
    page.goto("/holdings/")
    page.goto(str(page.locator("tr[data-row]").filter(has_text="AAPL").first.get_attribute("data-href")))
    box = page.locator("[data-chart='price-chart']")
    expect(box).to_have_attribute("data-ready", "", timeout=20_000)
    link = page.locator("a[data-level='price-chart']")
    last = Decimal(str(link.get_attribute("data-last")))
    area = box.bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + area["width"] / 3, area["y"] + area["height"] * 0.7)
    offer = box.locator(".chart__offer")
    expect(offer).to_have_text(re.compile(r"Alert at \$[\d,.]+"))
    assert offer.inner_text() == link.inner_text().strip()
    offer.click()
    form = page.locator(".drawer #alert-form")
    expect(form.locator("#id_instrument")).to_have_value("AAPL")
    chosen = Decimal(form.locator("[name=threshold]").input_value())
    assert chosen != last and form.locator("#id_kind").input_value() == ("price_above" if chosen >= last else "price_below")
    page.keyboard.press("Escape")
    link.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(form.locator("[name=threshold]")).not_to_have_value(str(chosen))
    assert Decimal(form.locator("[name=threshold]").input_value()) > chosen
