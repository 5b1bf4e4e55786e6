"""What people write stands on pages as they wrote it, and does nothing there."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from portfolios.models import Transaction
from portfolios.reconciling.services import reconcile
from portfolios.selectors import get_portfolio
from portfolios.services import LegDraft, edit_transaction, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db

TEXTS = [
    "<img src=x onerror=alert(1)>",
    "</textarea><script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "' autofocus onfocus=alert(1) x='",
    "{{ 7*7 }}{% load x %}",
    "data:text/html,<script>alert(1)</script>",
]
_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-href")


class _Live(HTMLParser):
    """What of a page a browser would run of the texts: elements, handlers and addresses as it reads them, not as they are written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        for name, value in attrs:
            told = (value or "").strip().lower()
            if name.startswith("on") or (name in _ADDRESSES and told.startswith(("javascript:", "data:text"))) or (tag == "img" and told == "x"):
                self.found.append(f"<{tag} {name}={told[:60]}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and "alert(1)" in data:
            self.found.append(data[:80])


def live(page: str) -> list[str]:
    reader = _Live()
    reader.feed(page)
    return reader.found


def test_what_would_run_is_seen() -> None:
    """Else nothing below would be."""
    assert len(live("<p><img src=x onerror=alert(1)><script>alert(1)</script><a href=' javascript:1'>")) == 4


@pytest.fixture(params=range(len(TEXTS)))
def text(request: pytest.FixtureRequest) -> str:
    return TEXTS[request.param]


@pytest.fixture
def written(person: Any, text: str) -> dict[str, Any]:
    """The text everywhere that a person can write one."""
    core, other = (make_portfolio(person, name=f"{name} {text}", tracks_cash=False, cost_method="fifo", description=text) for name in ("A", "B"))
    named = make_instrument("EVIL", name=text, owner=person, isin="")
    child = make_instrument("KID", name=f"Kid {text}", owner=person, isin="")
    set_quote(named, "12")
    told = {"notes": text, "reference": text, "tags": (text.replace(",", ";")[:60],), "external_id": text[:60]}
    bought = record(core, "buy", "2024-01-02", named, quantity="10", price="10", **told)
    record(core, "sell", "2024-02-01", named, quantity="2", price="12", **told)
    record(core, "spin_off", "2024-03-01", named, legs=(LegDraft(instrument=child, cost_share=D("0.1")),), **told)
    gone = record(core, "buy", "2024-04-01", named, quantity="1", price="10", **told)
    void_transaction(person, Transaction.objects.get(pk=gone.pk))
    edit_transaction(person, Transaction.objects.live().get(kind="sell"), price=D(13))
    statement = reconcile(person, get_portfolio(person, core.pk), day=bought.traded_on.replace(month=6), positions=[(named, D(3))])
    return {"p": core.pk, "o": other.pk, "i": named.pk, "t": bought.entry, "m": Transaction.objects.get(kind="spin_off").entry, "s": statement.pk}


PAGES = [
    "/dashboard/", "/holdings/", "/holdings/%(i)s/", "/holdings/%(i)s/?why=total_cost", "/holdings/%(i)s/?why=quantity&lot=%(t)s", "/transactions/",
    "/transactions/?voided=1", "/transactions/?instrument=%(i)s", "/transactions/?q=%(q)s", "/transactions/new/?clone=%(t)s", "/actions/new/?clone=%(m)s",
    "/transactions/%(t)s/edit/", "/transactions/%(t)s/void/", "/transactions/%(m)s/edit/", "/transactions/instruments/?instrument=EVIL", "/transactions/grid/",
    "/transfers/new/?p=%(p)s&instrument=%(i)s", "/portfolios/", "/portfolios/%(p)s/settings/", "/portfolios/%(p)s/delete/",
    "/portfolios/%(p)s/lots/", "/portfolios/%(p)s/lots/?view=sales", "/portfolios/%(p)s/lots/?view=methods", "/portfolios/%(p)s/changes/?from=2020-01-01",
    "/portfolios/%(p)s/reconcile/", "/portfolios/%(p)s/reconcile/%(s)s/", "/portfolios/%(p)s/reconcile/%(s)s/correct/?key=i%(i)s&fix=adjust",
    "/actions/", "/import/", "/search/?q=EVIL",
]  # fmt: skip


def test_no_page_runs_what_is_written(signed_in: Any, written: dict[str, Any], text: str) -> None:
    for address in PAGES:
        answer = signed_in.get(address % {**written, "q": quote(text)}, follow=True)
        assert answer.status_code == 200, (address, answer.status_code)
        page = answer.content.decode()
        assert live(page) == [], address
        assert ">49<" not in page


def test_a_form_that_is_refused_shows_what_was_typed_and_runs_none_of_it(signed_in: Any, written: dict[str, Any], text: str) -> None:
    typed = {
        "notes": text,
        "reference": text,
        "tags": text,
        "external_id": text,
        "instrument": text,
        "quantity": text,
        "price": text,
        "traded_on": text,
    }
    for address, more in (
        ("/transactions/new/", {"kind": "buy", "portfolio": written["p"]}),
        ("/transactions/preview/", {"kind": "buy", "portfolio": written["p"]}),
        ("/actions/new/", {"kind": "merger", "portfolio": written["p"], "leg0_instrument": text}),
        ("/transfers/new/", {"source": written["p"], "target": written["o"], "day": text}),
        ("/transfers/new/", {"source": text, "target": text, "day": text, "refresh": "1"}),
        (f"/transactions/{written['t']}/edit/", {"kind": "buy"}),
        (f"/portfolios/{written['p']}/reconcile/", {"day": text, "name0": text, "units0": text, "do": "grid"}),
        (f"/portfolios/{written['p']}/reconcile/", {"day": "2024-06-30", "lines": text, "do": "lines"}),
        (f"/portfolios/{written['p']}/reconcile/{written['s']}/correct/", {"key": text, "fix": text, "entry": text}),
    ):
        answer = signed_in.post(address, {**typed, **more}, follow=True)
        assert answer.status_code in (200, 422), (address, answer.status_code)
        assert live(answer.content.decode()) == [], address
