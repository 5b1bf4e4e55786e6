"""Taking one's data along, and asking to be erased and taking that back, in a real browser."""

from __future__ import annotations

import re
import zipfile

from playwright.sync_api import Page, expect

PASSWORD = "a quiet harbour in the morning"


def test_a_person_takes_everything_along_then_asks_to_be_erased_and_stays(stranger: Page) -> None:
    page = stranger
    page.goto("/accounts/signup/")
    page.get_by_label("Email").first.fill("leaving.person@example.org")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Create")).click()
    page.wait_for_url("**/welcome/**")
    page.goto("/settings/profile/")
    page.get_by_label("Username").fill("leaver")
    page.locator("main").get_by_role("button", name="Save").first.click()

    page.goto("/settings/data/")
    page.get_by_role("button", name="Make a file of everything").click()
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=60_000)
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="Download").click()
        if page.locator("input[name=password]").count():
            page.locator("input[name=password]").fill(PASSWORD)
            page.get_by_role("button", name="Go on").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert b"leaving.person@example.org" in archive.read("data/accounts.user.json")

    page.goto("/settings/data/erase/")
    expect(page.locator("main")).to_contain_text("What stays")
    page.get_by_label(re.compile("Type your username")).fill("leaver")
    page.get_by_role("button", name="Erase my account").click()
    page.wait_for_load_state("networkidle")
    if page.locator("input[name=password]").count():
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
    page.goto("/dashboard/")
    expect(page.locator("main")).to_contain_text("This account will be erased after")
    page.get_by_role("button", name="Keep my account").click()
    expect(page.locator("body")).to_contain_text("Your account stays")
    page.goto("/dashboard/")
    expect(page.locator("main")).not_to_contain_text("This account will be erased")
