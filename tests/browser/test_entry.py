"""Entering transactions in a browser: one by its form, many by pasting them, and taking one back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

PASTE = """text => {
  const input = document.querySelector('input[name=date]'), data = new DataTransfer();
  input.focus();
  data.setData('text/plain', text);
  input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_rows_pasted_from_a_spreadsheet_are_checked_corrected_and_recorded(demo: Page) -> None:
    page = demo
    page.goto("/transactions/grid/")
    lines = "Date\tType\tInstrument\tUnits\tPrice\tNote\n" + "".join(
        f"2024-01-{day:02d}\tBuy\tAAPL\t1\t{180 + day}\tpasted here\n" for day in range(2, 17)
    )
    page.evaluate(PASTE, lines + "2024-01-18\tBuy\tAAPL\tone\t190\tpasted here\n")
    expect(page.locator("input[name=price]").nth(14)).to_have_value("196")  # the table grew beyond its first rows
    expect(page.locator("input[name=notes]").nth(15)).to_have_value("pasted here")

    page.get_by_role("button", name="Record all").click()
    expect(page.get_by_role("alert")).to_contain_text("1 row needs a change, and nothing was recorded.")
    wrong = page.locator("input[aria-invalid=true]")
    expect(wrong).to_have_count(1)
    expect(wrong).to_have_value("one")

    wrong.fill("1")
    page.get_by_role("button", name="Record all").click()
    page.wait_for_url(re.compile(r"/transactions/\?p="))
    page.goto("/transactions/?q=pasted+here")
    expect(page.locator("main")).to_contain_text("16 of")


def test_the_table_takes_pasted_text_without_script(browser, site: str, demo_state: str) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(base_url=site, storage_state=demo_state, java_script_enabled=False)
    page = context.new_page()
    page.goto("/transactions/grid/")
    page.locator("textarea[name=pasted]").fill("2024-01-02\tDeposit\t\t\t\t25\n2024-01-03\tWithdrawal\t\t\t\t5")
    page.get_by_role("button", name="Put into rows").click()
    expect(page.locator("input[name=amount]").nth(1)).to_have_value("5")
    page.get_by_role("button", name="Check", exact=True).last.click()
    expect(page.get_by_role("status").filter(has_text="can be recorded")).to_contain_text("All 2 rows can be recorded.")
    context.close()


def test_an_entry_is_made_looked_at_duplicated_and_taken_back(demo: Page) -> None:
    page = demo
    page.goto("/transactions/new/?kind=buy")
    page.wait_for_load_state("networkidle")
    page.locator("[name=instrument]").fill("KO")
    page.locator("[name=instrument]").blur()
    expect(page.locator("#entry-fields")).to_contain_text("held")
    page.locator("[name=traded_on]").fill("2024-06-05")
    page.locator("[name=quantity]").fill("7")
    page.locator("[name=price]").fill("1")
    expect(page.locator("#entry-fields")).to_contain_text("away from the close of 5 Jun 2024", timeout=10_000)
    page.locator("summary", has_text="More: settlement").click()
    page.locator("[name=tags]").fill("browser")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/transactions/")

    page.goto("/transactions/?kind=buy&start=2024-06-05&end=2024-06-05")
    page.get_by_role("link", name=re.compile("^Duplicate buy of Coca-Cola")).first.click()
    drawer = page.locator("dialog[open]")
    expect(drawer).to_contain_text("Duplicate buy")
    expect(drawer.locator("[name=quantity]")).to_have_value("7")
    drawer.get_by_role("button", name="Close").click()

    page.get_by_role("link", name=re.compile("^Edit buy of Coca-Cola")).first.click()
    drawer.locator("[name=price]").fill("2")
    expect(drawer).to_contain_text("What changes", timeout=10_000)
    drawer.get_by_role("link", name="Void").click()
    expect(drawer).to_contain_text("Void: Buy of Coca-Cola")
    drawer.get_by_role("button", name="Void").click()
    toast = page.locator(".toast", has_text="Buy of Coca-Cola voided")
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast", has_text="counts again")).to_be_visible()


def test_lots_are_looked_at_under_another_method(demo: Page) -> None:
    page = demo
    page.goto("/lots/")
    expect(page.locator("#listing table")).to_be_visible()
    page.locator("select[name=method]").select_option("hifo")
    expect(page.locator("#listing")).to_contain_text("A look under another method.")
    page.get_by_role("link", name="Compare methods").click()
    expect(page.locator("main")).to_contain_text("UK share matching")
