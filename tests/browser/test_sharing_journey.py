"""A portfolio shared with a second person in a real browser, and taken from them while they look at it."""

from __future__ import annotations

import email
import email.policy
import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched, _context
from tests.browser.test_factors import PASSWORD, link_for

# When the page's own clock (the machine's, as the server's) saw its socket close, and how.
_NOTE_THE_END = """(() => {
  window.ends = []; window.opened = 0;
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...all) {
      super(...all);
      this.addEventListener("open", () => { window.opened += 1; });
      this.addEventListener("close", e => window.ends.push([e.code, Date.now()]));
    }
  };
})()"""


def _signed_up(page: Page, mails: Path, name: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    page.wait_for_url("**/welcome/**")
    page.goto(link_for(mails, f"{name}@example.org"))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state("networkidle")


def _invitation_to(mails: Path, address: str, seconds: int = 60) -> str:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for file in mails.iterdir():
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            body = message.get_body(("plain",))
            if message["To"] == address and body is not None and (found := re.search(r"/invitations/[^/\s]+/", body.get_content())):
                return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no invitation came for {address}")


def _sent(page: Page, path: str, **body: object) -> dict[str, object]:
    token = page.evaluate("JSON.parse(document.querySelector('[hx-headers]').getAttribute('hx-headers'))['X-CSRFToken']")
    answer = page.request.post(path, data=body, headers={"X-CSRFToken": token, "Referer": page.url})
    assert answer.ok, answer.text()
    return dict(answer.json())


def test_who_looks_at_what_is_shared_no_more_loses_the_socket_is_told_and_finds_nothing(
    browser: Browser, site: str, watched: Watched, mails: Path
) -> None:
    contexts = [_context(browser, site, viewport={"width": 1440, "height": 900}) for _ in range(2)]
    owner, guest = (watched.watch(context.new_page()) for context in contexts)
    guest.add_init_script(_NOTE_THE_END)
    _signed_up(owner, mails, "ulla")
    _signed_up(guest, mails, "viggo")
    owner.goto("/portfolios/")
    portfolio = _sent(owner, "/api/v1/portfolios", name="Lake house fund", base_currency="EUR")["id"]
    _sent(owner, f"/api/v1/portfolios/{portfolio}/transactions", type="deposit", date="2024-01-02", amount="4321")
    _sent(
        owner, f"/api/v1/portfolios/{portfolio}/transactions", type="buy", date="2024-01-03", symbol="AAPL", quantity="2", price="180", fx_rate="0.9"
    )

    owner.goto(f"/portfolios/{portfolio}/share/")
    owner.get_by_label("Address").or_(owner.get_by_label("Email")).first.fill("viggo@example.org")
    owner.get_by_role("button", name="Invite", exact=True).click()
    expect(owner.locator("#invited-title")).to_be_visible()

    guest.goto(_invitation_to(mails, "viggo@example.org"))
    expect(guest.locator("main")).to_contain_text("shares the portfolio Lake house fund with you")
    guest.get_by_role("button", name="Accept").click()
    guest.wait_for_url(re.compile(rf"/dashboard/\?p={portfolio}$"), timeout=60_000)
    expect(guest.locator("main")).to_contain_text("Apple", timeout=60_000)
    guest.wait_for_function("window.opened > 0", timeout=60_000)
    expect(guest.locator("[data-live-text]")).to_contain_text(re.compile("Live|Delayed|Closed"), timeout=60_000)  # it was let in
    assert guest.evaluate("window.ends.length") == 0

    owner.goto(f"/portfolios/{portfolio}/share/")
    with owner.expect_response(lambda answer: answer.request.method == "POST" and "/share/" in answer.url) as done:
        owner.get_by_role("button", name=re.compile("Remove")).click()
    expect(owner.locator("main")).to_contain_text("Nobody but the owner sees this portfolio.", timeout=30_000)
    guest.wait_for_function("window.ends.length > 0", timeout=60_000)
    code, closed_at = guest.evaluate("window.ends[0]")
    timing = done.value.request.timing
    took = (closed_at - timing["startTime"] - timing["responseStart"]) / 1000  # from the server's answer, which the browser noted too
    assert code == 4403 and took <= 5, f"closed with {code} after {took:.1f} s"

    expect(guest.get_by_role("alert")).to_contain_text("You cannot see this portfolio any more.")
    expect(guest.locator("[data-live-text]")).to_contain_text("Ended")
    opened = guest.evaluate("window.opened")
    guest.wait_for_timeout(3000)
    assert guest.evaluate("window.opened") == opened, "it is not asked for again"
    assert guest.request.get(f"/api/v1/portfolios/{portfolio}").status == 404
    assert guest.goto(f"/dashboard/?p={portfolio}").status == 404  # type: ignore[union-attr]
    assert "Lake house fund" not in guest.content()
    for context in contexts:
        context.close()
