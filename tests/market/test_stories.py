"""Which addresses are one article, which articles one story, and which story is shown first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.providers.articles import link
from market.providers.naming import search_name
from market.stories import Taste, fingerprint, neighbouring_stories, rank, same_title, score, story_of

AT = datetime(2026, 6, 17, 15, tzinfo=UTC)  # a Wednesday
TITLE = "Chip orders seen flat next quarter"


@pytest.mark.parametrize(
    "other",
    [
        "http://wire.example/a/1?id=7",
        "https://www.wire.example/a/1/?id=7",
        "https://WIRE.example:443/a/1?id=7#top",
        "https://wire.example/a/1?utm_source=x&id=7&utm_medium=y&fbclid=1&gclid=2&guccounter=1",
    ],
)
def test_what_only_tracks_makes_no_other_article(other: str) -> None:
    assert fingerprint(other) == fingerprint("https://wire.example/a/1?id=7")


@pytest.mark.parametrize(
    "other",
    ["https://wire.example/a/2?id=7", "https://wire.example/a/1?id=8", "https://other.example/a/1?id=7", "https://wire.example:8443/a/1?id=7"],
)
def test_another_path_query_or_host_is_another_article(other: str) -> None:
    assert fingerprint(other) != fingerprint("https://wire.example/a/1?id=7")


def test_a_title_is_the_same_whatever_its_case_marks_and_the_publisher_behind_it() -> None:
    assert same_title("CHIP orders: seen “flat”, next quarter - The Wire", "The Wire") == same_title(TITLE)
    assert same_title("Markets today") == ""


def test_one_title_is_one_story_in_a_week_and_another_a_month_later() -> None:
    assert story_of(TITLE, "A", AT, "x") == story_of(f"{TITLE} | B", "B", AT + timedelta(days=2), "y")
    assert story_of(TITLE, "A", AT, "x") != story_of(TITLE, "A", AT + timedelta(days=30), "x")
    sunday, monday = datetime(2026, 6, 21, 23, tzinfo=UTC), datetime(2026, 6, 22, 1, tzinfo=UTC)
    assert story_of(TITLE, "", sunday, "x") in neighbouring_stories(TITLE, "", monday)


def test_a_title_that_tells_too_little_is_a_story_of_its_own() -> None:
    assert story_of("Markets today", "A", AT, "x") == "x" and neighbouring_stories("Markets today", "A", AT) == ()


# ── which is first ──────────────────────────────────────────────────────────


def test_more_of_the_portfolio_newer_and_better_liked_stands_higher() -> None:
    assert rank(0.3, AT) > rank(0.1, AT) > rank(0.0, AT)
    assert rank(0.1, AT) > rank(0.1, AT - timedelta(hours=1))
    assert rank(0.1, AT, 0.5) > rank(0.1, AT)


def test_the_score_is_what_the_formula_says() -> None:
    assert score(rank(1.0, AT), AT) == pytest.approx(1.2)
    assert score(rank(0.25, AT, 0.5), AT + timedelta(hours=24)) == pytest.approx((0.2 + 0.5) * 1.5 / 2)
    assert score(rank(0.0, AT), AT + timedelta(hours=48)) == pytest.approx(0.2 / 4)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_the_order_of_two_stories_is_the_same_at_every_time(one: float, other: float, age: int, older: int, later: int) -> None:
    first, second = rank(one, AT - timedelta(hours=age)), rank(other, AT - timedelta(hours=older))
    now = AT + timedelta(hours=later)
    assert (score(first, now) >= score(second, now)) or first <= second


def test_a_weight_that_trembles_below_a_per_cent_moves_nothing() -> None:
    assert rank(0.1012, AT) == rank(0.0988, AT)


def test_the_first_opening_does_not_decide_and_many_do() -> None:
    assert Taste().liking([1], ["Wire"]) == 0
    assert Taste(1, {1: 1}, {"Wire": 1}).liking([1], ["Wire"]) == pytest.approx(1 / 6)
    assert 0.9 < Taste(95, {1: 95}, {"Wire": 95}).liking([1, 2], ["Wire"]) < 1
    assert Taste(10, {1: 10}, {"Wire": 10}).liking([2], ["Other"]) == 0


# ── names and addresses ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("Apple Inc.", "Apple"),
        ("Meta Platforms, Inc.", "Meta Platforms"),
        ("The Coca-Cola Company", "Coca-Cola"),
        ("Vodafone Group Public Limited Company", "Vodafone Group"),
        ("ASML Holding N.V.", "ASML Holding"),
        ("Nestlé S.A.", "Nestlé"),
        ("Siemens Aktiengesellschaft", "Siemens"),
        ("Merck & Co.", "Merck"),
        ("SAP SE", "SAP"),
        ("Alphabet Inc. Class C", "Alphabet"),
        ("AB SA", ""),
        ("", ""),
    ],
)
def test_texts_are_searched_for_a_company_without_its_legal_form(name: str, searched: str) -> None:
    assert search_name(name) == searched


@pytest.mark.parametrize(
    "sent",
    [
        "https://bank.example@evil.example/",
        "https://user:word@evil.example/",
        "https:///nowhere",
        "https://x.example/\u202eexe",
        "https://[::1",
        "https://x.example:port/",
        "https://x.example/\x07",
    ],
)
def test_an_address_that_pretends_to_be_another_is_none(sent: str) -> None:
    assert link(sent) == ""
