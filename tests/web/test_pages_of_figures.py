"""Dashboard, holdings and holding: complete without script, explained, and telling no amount while amounts are hidden."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from tests import factories

VOID = {"meta", "link", "input", "br", "img", "hr", "use", "path", "rect", "circle"}


class Page(HTMLParser):
    """Texts with the attributes of all that they stand in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, list[dict[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.stack.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        is_data = bool(self.stack) and self.stack[-1][0] == "script"  # that of charts is looked at in test_charts
        if data.strip() and not is_data:
            self.texts.append((data.strip(), [attrs for _, attrs in self.stack]))


@pytest.fixture
def book(a_portfolio: Any) -> Any:
    return a_portfolio(6)


def fetch(browser: Any, path: str, **headers: str) -> str:
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.fixture
def paths(book: Any) -> list[str]:
    instrument = book.transactions.exclude(instrument=None).first().instrument_id
    return [
        reverse("dashboard"),
        reverse("holdings"),
        reverse("holdings") + "?group=class&closed=1",
        reverse("holding", args=[instrument]),
        reverse("search"),
    ]


def test_every_page_answers_with_its_figures_in_the_first_response(signed_in: Any, paths: list[str]) -> None:
    for path in paths:
        text = fetch(signed_in, path)
        assert "<h1" in text
        assert "{#" not in text
        assert "None" not in re.sub(r"<[^>]+>", " ", text.replace(">None</a>", ""))
    assert "Net worth" in fetch(signed_in, paths[0])


def test_no_page_holds_style_script_or_handler(signed_in: Any, paths: list[str]) -> None:
    for path in paths:
        text = fetch(signed_in, path)
        assert not re.search(r"\sstyle=|<style|\son\w+=", text)
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or 'type="application/json"' in script


def test_amounts_are_marked_private_wherever_they_stand(signed_in: Any, person: Any, paths: list[str]) -> None:
    preferences = person.preferences
    preferences.hide_amounts = True
    preferences.save()
    for path in paths:
        page = Page(fetch(signed_in, path))
        dots = [(text, around) for text, around in page.texts if "••" in text]
        for text, around in dots:
            assert any("data-private" in attrs for attrs in around), (path, text)


def test_hidden_amounts_are_not_in_the_page_at_all(signed_in: Any, person: Any, book: Any, paths: list[str]) -> None:
    shown = fetch(signed_in, paths[0])
    worth = re.search(r'data-live="nav-total">([^<]+)<', shown)
    assert worth
    preferences = person.preferences
    preferences.hide_amounts = True
    preferences.save()
    for path in paths:
        text = fetch(signed_in, path)
        assert worth.group(1) not in text
        assert 'data-privacy="on"' in text
    assert "••••" in fetch(signed_in, paths[0])


def test_a_part_is_answered_alone_where_a_script_asks_for_it(signed_in: Any, paths: list[str]) -> None:
    for path, part in ((paths[0], 'id="figures"'), (paths[1], 'id="holdings-card"'), (paths[3], 'id="position"')):
        text = fetch(signed_in, path, **{"HX-Request": "true"})
        assert part in text
        assert "<html" not in text


@pytest.mark.parametrize("name", ["total_value", "total_gain", "mwr", "over_benchmark", "risk_level"])
def test_each_figure_of_the_dashboard_can_be_asked_why_with_and_without_script(signed_in: Any, book: Any, name: str) -> None:
    whole = fetch(signed_in, reverse("dashboard") + f"?why={name}")
    assert "<html" in whole
    assert "Back to the page" in whole
    drawer = fetch(signed_in, reverse("dashboard") + f"?why={name}", **{"HX-Request": "true"})
    assert "<html" not in drawer
    assert 'id="drawer-title"' in drawer


@pytest.mark.parametrize("name", ["market_value", "unrealized_gain", "realized_gain", "income", "total_gain"])
def test_each_figure_of_a_holding_can_be_asked_why(signed_in: Any, paths: list[str], name: str) -> None:
    assert 'id="drawer-title"' in fetch(signed_in, f"{paths[3]}?why={name}")


def test_an_explanation_that_does_not_exist_is_not_found(signed_in: Any, book: Any) -> None:
    assert signed_in.get(reverse("dashboard") + "?why=luck").status_code == 404


def test_who_has_no_portfolio_is_welcomed_first(signed_in: Any) -> None:
    answer = signed_in.get(reverse("dashboard"))
    assert answer.status_code == 302
    assert answer.url == reverse("welcome")


def test_an_empty_portfolio_says_how_to_fill_it(signed_in: Any, portfolio: Any) -> None:
    assert "Your portfolio starts with one transaction" in fetch(signed_in, reverse("dashboard"))
    assert "Nothing is held yet" in fetch(signed_in, reverse("holdings"))


def test_the_choice_of_portfolio_stays_in_every_link(signed_in: Any, book: Any) -> None:
    text = fetch(signed_in, reverse("dashboard") + f"?p={book.pk}")
    links = re.findall(r'href="(/holdings/\d+/[^"]*)"', text)
    assert links
    assert all(link.endswith(f"?p={book.pk}") for link in links)


def test_a_stranger_finds_nothing(client: Any, stranger: Any, book: Any) -> None:
    client.force_login(stranger)
    for path in (reverse("dashboard"), reverse("holdings")):
        assert client.get(f"{path}?p={book.pk}").status_code == 404
        assert client.get(f"{path}?p=x").status_code == 404


def test_signing_in_comes_first(client: Any, paths: list[str]) -> None:
    for path in paths:
        assert client.get(path).status_code == 302


def test_a_price_that_is_missing_is_said_and_what_it_leaves_at_cost(signed_in: Any, person: Any, portfolio: Any, today: date) -> None:
    unpriced = factories.make_instrument(currency="EUR")
    factories.record(portfolio, "deposit", today - timedelta(days=5), amount="1000")
    factories.record(portfolio, "buy", today - timedelta(days=5), unpriced, quantity="2", price="10")
    text = fetch(signed_in, reverse("dashboard"))
    assert "Undefined" in text
    assert "One holding stands at its cost." in text and "1 holding without a price is in it at cost" in text


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "en-US"])
def test_pages_speak_the_persons_locale(signed_in: Any, person: Any, book: Any, locale: str) -> None:
    person.preferences.locale = locale
    person.preferences.save()
    text = fetch(signed_in, reverse("dashboard"))
    assert f'lang="{locale}"' in text
    assert ("\u00a0€" in text) == (locale != "en-US")


def test_the_palette_finds_pages_and_holdings_by_words(signed_in: Any, book: Any) -> None:
    name = book.transactions.exclude(instrument=None).first().instrument.name
    assert name in fetch(signed_in, reverse("search"), **{"HX-Request": "true"})
    assert "Nothing has this name" in fetch(signed_in, reverse("search") + "?q=zzzz")


@pytest.mark.parametrize("positions", [1, 12])
def test_pages_cost_the_same_queries_however_many_holdings(
    signed_in: Any, a_portfolio: Any, positions: int, django_assert_max_num_queries: Any
) -> None:
    a_portfolio(positions)
    fetch(signed_in, reverse("dashboard"))
    with django_assert_max_num_queries(15):
        fetch(signed_in, reverse("dashboard"))
    with django_assert_max_num_queries(15):
        fetch(signed_in, reverse("holdings"))


def test_a_dashboard_of_fifty_holdings_stays_small(signed_in: Any, a_portfolio: Any) -> None:
    import gzip

    a_portfolio(50)
    assert len(gzip.compress(fetch(signed_in, reverse("dashboard")).encode())) < 60_000


def test_a_sample_says_so_and_can_be_left(signed_in: Any, person: Any) -> None:
    factories.make_portfolio(person, name="Sample", is_sample=True)
    text = fetch(signed_in, reverse("dashboard"))
    assert "You are looking at a sample" in text
    assert reverse("sample-remove") in text
