"""Corporate actions and transfers in a browser: the inbox, an action seen before and after, units moved between portfolios."""

from __future__ import annotations

import os
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

SHOTS = os.environ.get("BROWSER_SHOTS", "")


def _shot(page: Page, name: str) -> None:
    """A picture to look at, where a folder for them is named."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_the_inbox_accepts_leaves_out_and_takes_back_without_leaving_the_page(demo: Page) -> None:
    page = demo
    page.goto("/actions/")
    count = page.locator(".sidebar .nav__count")
    expect(count).to_contain_text("to be decided")
    before = int((count.text_content() or "").split(" ")[0].split("to")[0])
    _shot(page, "actions")
    odd = page.locator("tbody tr").filter(has_text="Odd ratio")
    expect(odd).to_contain_text("most often a spin-off")

    row = page.locator("tbody tr").filter(has_text="Dividend").first
    row.get_by_role("link", name="Correct first").click()
    page.locator("#drawer input[name=taxes]").fill("1.50")
    _shot(page, "actions-accept")
    page.get_by_role("button", name="Record the dividend").click()
    page.wait_for_url(re.compile(r"/actions/$"))
    expect(page.locator(".toasts")).to_contain_text("recorded")
    page.locator("tbody tr").filter(has_text="Dividend").first.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").filter(has_text="recorded").first).to_be_visible()
    expect(count).to_have_text(re.compile(rf"^{before - 2}[^0-9]"))

    odd.get_by_role("button", name="Leave out").click()
    expect(page.get_by_role("status").filter(has_text="left out")).to_be_visible()
    page.locator(".note--gain").get_by_role("button", name="Undo").click()
    page.wait_for_url(re.compile(r"/actions/"))
    expect(page.locator("tbody tr").filter(has_text="Odd ratio")).to_be_visible()
    page.goto("/actions/?show=decided")
    expect(page.locator("tbody")).to_contain_text("Recorded")


def test_a_spin_off_shows_both_instruments_before_it_is_recorded(demo: Page) -> None:
    page = demo
    page.goto("/actions/")
    page.locator("tbody tr").filter(has_text="Odd ratio").get_by_role("link", name="Record the spin-off").click()
    expect(page.get_by_label("Instrument", exact=True)).to_have_value(re.compile("DALPIN"))
    page.get_by_label("New units of").fill("DCITY")
    page.locator("input[name=leg0_new]").fill("1")
    page.locator("input[name=leg0_old]").fill("10")
    page.locator("input[name=leg0_share]").fill("4.4")
    preview = page.get_by_role("region", name="Before and after")
    expect(preview).to_contain_text("DCITY")
    expect(preview).to_contain_text("DALPIN")
    page.get_by_text("Lot by lot").click()
    _shot(page, "action-form")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_url(re.compile(r"/actions/$"))
    expect(page.locator("main")).not_to_contain_text("Odd ratio")


def test_units_move_between_portfolios_and_back(demo: Page) -> None:
    page = demo
    page.goto("/transactions/")
    page.get_by_role("link", name="Transfer").click()
    page.get_by_label("From").select_option(label="Long-term shares")
    page.get_by_label("To", exact=True).select_option(label="Savings plan")
    page.get_by_label("Instrument").fill("MSFT")
    page.get_by_label("Units").fill("5")
    expect(page.get_by_role("region", name="Lots that move")).to_be_visible()
    _shot(page, "transfer")
    page.get_by_role("button", name="Move the units").click()
    page.wait_for_url(re.compile(r"/transactions/"))
    expect(page.locator("tbody")).to_contain_text("To Savings plan")
    expect(page.locator("tbody")).to_contain_text("From Long-term shares")
    _shot(page, "transactions-pair")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("tbody")).not_to_contain_text("To Savings plan")


JOURNEYS = {
    "split": ("Split", "HD", {"ratio_new": "3", "ratio_old": "1", "quantity": "0.5", "amount": "62.10"}, ("HD", "+$62.10")),
    "reverse split": ("Split", "KO", {"ratio_new": "1", "ratio_old": "10", "quantity": "0.1", "amount": "7"}, ("KO", "+$7.00")),
    "spin-off": ("Spin-off", "JPM", {"leg0_instrument": "DCITY", "leg0_new": "1", "leg0_old": "10", "leg0_share": "4.4"}, ("JPM", "DCITY")),
    "merger": (
        "Merger",
        "PEP",
        {"leg0_instrument": "KO", "leg0_new": "2", "leg0_old": "1", "amount": "3000", "cost_share": "20"},
        ("PEP", "KO", "+$3,000.00"),
    ),
    "symbol change": ("Symbol change", "CVX", {"leg0_instrument": "DCITY"}, ("CVX", "DCITY")),
}


def _fill_in(page: Page, kind: str, symbol: str, fields: dict[str, str]) -> Locator:
    """The form of an action of the long-term portfolio, come to as somebody new would; answers where before and after are shown."""
    page.goto("/actions/")
    page.get_by_role("link", name="Record one").click()
    if kind != "Split":
        page.get_by_role("navigation", name="Kind of action").get_by_role("link", name=kind).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(kind)
    page.get_by_label("Portfolio", exact=True).select_option(label="Long-term shares")
    page.get_by_label("Instrument", exact=True).fill(symbol)
    page.get_by_label("Date", exact=True).fill((date.today() - timedelta(days=1)).isoformat())
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)
    return page.locator("#action-form [aria-live]")


@pytest.mark.parametrize("journey", JOURNEYS)
def test_an_action_is_shown_recorded_and_undone_without_a_trace(demo: Page, journey: str) -> None:
    page = demo
    kind, symbol, fields, shown = JOURNEYS[journey]
    preview = _fill_in(page, kind, symbol, fields)
    for words in ("Before", "After", "Realised gain", *shown):
        expect(preview).to_contain_text(words)
    _shot(page, f"action-{journey.replace(' ', '-')}")
    first = preview.inner_text()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_url(re.compile(r"/transactions/"))
    expect(page.locator(".toasts")).to_contain_text(f"{kind} of")
    expect(page.locator("tbody tr").filter(has_text=kind).first).to_contain_text(symbol)
    page.locator(".toasts").get_by_role("button", name="Undo").click()
    expect(page.locator(".toasts")).to_contain_text("voided")
    again = _fill_in(page, kind, symbol, fields)
    expect(again).to_contain_text("Realised gain")
    assert again.inner_text() == first


def test_what_is_wrong_with_an_action_stands_at_its_fields(demo: Page) -> None:
    page = demo
    preview = _fill_in(page, "Split", "DBONDS", {"ratio_new": "2", "ratio_old": "1"})
    expect(preview).to_contain_text("you held nothing that could be split")
    page.get_by_role("button", name="Record", exact=True).click()
    field = page.locator(".field").filter(has=page.get_by_label("Date", exact=True))
    expect(field).to_contain_text("Check the date, or record the missing purchase.")
    preview = _fill_in(page, "Merger", "PEP", {"leg0_instrument": "KO", "leg0_new": "2", "leg0_old": "1", "leg0_share": "60"})
    expect(preview).to_contain_text("these come to 0.6 (60 %)")


def test_before_and_after_fit_a_phone(demo_phone: Page) -> None:
    page = demo_phone
    kind, symbol, fields, _ = JOURNEYS["spin-off"]
    preview = _fill_in(page, kind, symbol, fields)
    table = preview.get_by_role("region", name="Before and after")
    expect(table).to_contain_text("DCITY")
    assert table.evaluate("wrap => wrap.scrollWidth <= wrap.clientWidth + 1")
    _shot(page, "action-phone")
