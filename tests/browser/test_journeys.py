"""The few journeys that matter, as a person takes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

FILE = Path(__file__).parent / "files" / "statement.csv"
PASSWORD = "a quiet harbour in the morning"


def test_a_new_person_signs_up_imports_a_statement_and_sees_what_they_own(stranger: Page) -> None:
    page = stranger
    page.goto("/accounts/signup/")
    page.get_by_label("Email").first.fill("new.person@example.org")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Create")).click()
    page.wait_for_url("**/welcome/**")

    page.goto("/portfolios/new/")
    page.get_by_label("Name", exact=True).fill("Savings")
    page.get_by_label("Currency").first.select_option("GBP")
    if page.get_by_label("Track cash").count():
        page.get_by_label("Track cash").check()
    page.locator("main").get_by_role("button", name=re.compile("^(Create|Make|Save)")).first.click()
    page.wait_for_load_state("networkidle")

    def send_file() -> None:
        page.goto("/import/")
        page.locator("input[type=file]").set_input_files(FILE)
        page.get_by_role("button", name="Read the file").click()
        page.wait_for_url(re.compile(r"/import/\d+/review"), timeout=30_000)

    send_file()
    page.locator("button[name=do][value=create], button[name=do][value^=create]").first.click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name=re.compile(r"^Import \d+")).click()
    page.wait_for_url(re.compile(r"/import/\d+/done"), timeout=30_000)
    expect(page.get_by_role("button", name=re.compile("Undo"))).to_be_visible(timeout=30_000)  # the job is through

    page.goto("/holdings/")
    row = page.locator("tr[data-row]").filter(has_text="Harbour Works")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("6")

    page.goto("/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("Harbour Works")

    send_file()
    expect(page.locator("main")).to_contain_text("Duplicate")
    expect(page.get_by_role("button", name=re.compile(r"^Import [1-9]"))).to_have_count(0)


def test_a_live_price_moves_a_cell_and_the_total(demo: Page) -> None:
    demo.goto("/dashboard/")
    expect(demo.locator("[data-live-text]")).to_contain_text("Live", timeout=20_000)
    cells = demo.locator("#holdings-table [data-live='price']")
    before = cells.all_inner_texts()
    demo.wait_for_function(
        "before => [...document.querySelectorAll(\"#holdings-table [data-live='price']\")].some((c, i) => c.innerText !== before[i])",
        arg=before,
        timeout=30_000,
    )
    assert cells.all_inner_texts() != before


def test_hidden_amounts_stay_hidden_on_the_next_page(demo: Page) -> None:
    demo.goto("/dashboard/")
    demo.locator("[data-toggle='privacy']").first.click()
    demo.wait_for_timeout(500)
    demo.goto("/holdings/")
    assert "••••" in demo.locator("main").inner_text()
    demo.locator("[data-toggle='privacy']").first.click()
    demo.wait_for_timeout(500)


def test_a_figure_says_why_in_a_drawer_and_on_a_page_of_its_own(demo: Page) -> None:
    demo.goto("/dashboard/")
    demo.locator("[data-why='total_value'], a.why, button.why").first.click()
    dialog = demo.locator("dialog[open]")
    expect(dialog).to_be_visible(timeout=10_000)
    expect(dialog).to_contain_text("Calculation")


@pytest.mark.parametrize("kind", ["buy", "sell", "dividend", "deposit"])
def test_the_form_shows_the_fields_of_its_type_only(demo: Page, kind: str) -> None:
    assert demo.goto(f"/transactions/new/?kind={kind}").ok  # type: ignore[union-attr]
    quantity = demo.locator("main input[name=quantity]")
    assert (quantity.count() > 0) == (kind in {"buy", "sell"})


def test_a_sale_of_more_than_is_held_is_refused_on_the_page(demo: Page) -> None:
    demo.goto("/transactions/new/?kind=sell")
    form = demo.locator("main form").filter(has=demo.locator("input[name=quantity]")).first
    form.locator("[name=portfolio]").select_option(label="Savings plan")  # the other one may sell what it does not hold
    demo.wait_for_load_state("networkidle")
    form.locator("input[name=quantity]").fill("99999999")
    form.locator("input[name=price]").fill("1")
    field = form.locator("[name=instrument]")
    if field.evaluate("e => e.tagName") == "SELECT":
        field.select_option(index=1)
    else:
        field.fill("AAPL")
    demo.get_by_role("button", name="Save", exact=True).click()
    expect(demo.locator("main")).to_contain_text(re.compile("you held", re.I))
    expect(form.locator("input[name=quantity]")).to_have_value("99999999")


def test_typing_right_on_after_the_instrument_keeps_every_character(demo: Page) -> None:
    """The hints of the instrument come later than the next figures; they must not take them back."""

    def slowly(route: Route) -> None:
        if "refresh=1" in (route.request.post_data or ""):
            demo.wait_for_timeout(400)
        route.continue_()

    demo.goto("/transactions/new/?kind=buy")
    demo.wait_for_load_state("networkidle")
    demo.route("**/transactions/new/", slowly)
    demo.locator("[name=instrument]").click()
    with demo.expect_response(lambda answer: "refresh=1" in (answer.request.post_data or "")):
        demo.keyboard.type("MSFT")
        demo.keyboard.press("Tab")
        demo.locator("[name=quantity]").focus()
        demo.keyboard.type("12.5", delay=60)
    demo.keyboard.type("75", delay=60)
    expect(demo.locator("#entry-fields")).to_contain_text("Microsoft")
    assert demo.locator("[name=quantity]").input_value() == "12.575"

    demo.locator("[name=price]").fill("400")
    with demo.expect_response(lambda answer: "refresh=1" in (answer.request.post_data or "")):
        demo.locator("[name=traded_on]").fill("2024-06-03")
        demo.locator("[name=traded_on]").blur()
        demo.locator("[name=price]").fill("412.25")
    expect(demo.locator("#entry-fields")).to_contain_text("3 Jun 2024")
    assert demo.locator("[name=price]").input_value() == "412.25"
    assert demo.locator("[name=traded_on]").input_value() == "2024-06-03"
