"""A new person, and every way to sign in, with a key that chromium keeps as a phone would."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.accounts.factors import app_code
from tests.browser.conftest import Watched, _context

PASSWORD = "a plumb line hangs true"


@pytest.fixture
def by_name(browser: Browser, site: str) -> Iterator[Page]:
    """A page at “localhost”, the one name that browsers keep passkeys for without HTTPS, with a key that says yes by itself."""
    watch = Watched("localhost")
    context = _context(browser, site.replace("127.0.0.1", "localhost"), viewport={"width": 1440, "height": 900})
    page = watch.watch(context.new_page())
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key | {"automaticPresenceSimulation": True}})
    yield page
    context.close()
    watch.check()


def link_for(mails: Path, address: str) -> str:
    """The link that confirms an address, once its mail is there."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for file in mails.iterdir():
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            body = message.get_body(("plain",))
            if message["To"] == address and body is not None and (found := re.search(r"/accounts/confirm-email/\S+", body.get_content())):
                return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no mail came for {address}")


def signed_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/accounts/login/")


def with_password(page: Page, name: str) -> None:
    signed_out(page)
    page.get_by_label("Email or username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/factors/authenticate/**")


def with_code(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_new_person_signs_in_by_passkey_by_app_and_once_by_recovery_code(by_name: Page, mails: Path) -> None:
    page, name = by_name, "nora"
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    page.wait_for_url("**/welcome/**")
    page.goto(link_for(mails, f"{name}@example.org"))
    page.get_by_role("button", name="Confirm").click()

    page.goto("/settings/security/")
    page.get_by_role("link", name="Add one").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/factors/codes/**")
    recovery = page.locator("#recovery code").all_inner_texts()
    assert len(recovery) == 10

    page.goto("/settings/security/")
    page.get_by_role("link", name="Turn on").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code of the app").fill(app_code(secret, steps=-1))  # so that the present one is still good
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("On since")).to_be_visible()

    signed_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    arrived(page)
    with_password(page, name)
    page.get_by_role("button", name="Use a passkey").click()
    arrived(page)
    with_password(page, name)
    with_code(page, app_code(secret))
    arrived(page)
    with_password(page, name)
    with_code(page, recovery[0])
    arrived(page)
    with_password(page, name)
    with_code(page, recovery[0])
    expect(page.get_by_role("alert").first).to_contain_text("not right, or was used before")


def arrived(page: Page) -> None:
    page.wait_for_url(re.compile(r"/(welcome|dashboard)/"))


def test_a_device_that_is_signed_out_loses_its_pages_and_its_socket(browser: Browser, site: str, watched: Watched) -> None:
    contexts = [_context(browser, site) for _ in range(2)]
    here, there = (watched.watch(context.new_page()) for context in contexts)
    sockets: list[WebSocket] = []
    there.on("websocket", lambda socket: sockets.append(socket))
    here.goto("/accounts/signup/")
    here.get_by_label("Email").fill("olga@example.org")
    here.get_by_label("Password", exact=True).fill(PASSWORD)
    here.get_by_role("button", name="Create an account").click()
    here.wait_for_url("**/welcome/**")
    there.goto("/accounts/login/")
    there.get_by_label("Email or username").fill("olga")
    there.get_by_label("Password", exact=True).fill(PASSWORD)
    there.get_by_role("button", name="Sign in", exact=True).click()
    arrived(there)
    there.goto("/settings/security/")
    within(there, 10, lambda: bool(sockets) and not sockets[-1].is_closed())
    here.goto("/settings/sessions/")
    here.get_by_role("button", name="Sign out everywhere else").click()
    expect(here.get_by_text("Signed out everywhere else")).to_be_visible()
    within(there, 5, sockets[-1].is_closed)
    there.goto("/settings/security/")
    assert "/accounts/login/" in there.url
    for context in contexts:
        context.close()


def within(page: Page, seconds: float, happened: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"it did not happen within {seconds} seconds"
        page.wait_for_timeout(100)
