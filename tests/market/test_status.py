"""The status of sources for administrators, and ending a pause."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from market.errors import StaffOnly, UnknownSource
from market.providers.failures import Failure, FailureKind
from market.providers.registry import ENTRIES
from market.services.calls import admit, report, reserve, reserve_symbols, state_of
from market.services.calls.budgets import forget_own_counts
from market.services.status import sources_status, try_source_again
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

KEY = "s3cr3t-of-finnhub"
DOWN = Failure(FailureKind.UNREACHABLE, "No answer within 5 seconds.")


@pytest.fixture(autouse=True)
def nothing_was_called() -> Iterator[None]:
    forget_own_counts()
    yield
    cache.clear()
    forget_own_counts()


@pytest.fixture
def on(settings: Any) -> None:
    """Yahoo and Finnhub are on."""
    settings.PROVIDERS, settings.PROVIDER_KEYS = ["yahoo"], {"finnhub": KEY}


@pytest.fixture
def boss(db: None) -> Any:
    return get_user_model().objects.create_superuser("boss", "boss@example.org", PASSWORD)


def status(name: str) -> Any:
    return next(one for one in sources_status() if one.name == name)


def test_without_sources_there_is_no_status(settings: Any) -> None:
    assert sources_status() == ()


@pytest.mark.usefixtures("on")
def test_each_source_that_is_on_tells_what_is_left_of_its_budgets(django_assert_num_queries: Any) -> None:
    from market.services.sources import setup

    limits = ENTRIES["finnhub"].load().LIMITS
    reserve("finnhub", limits, 2)
    with django_assert_num_queries(1):  # for those that administrators set up
        found = sources_status()
    assert [one.name for one in found] == ["finnhub", "yahoo"] and setup().is_on("yahoo")
    finnhub = found[0]
    assert finnhub.is_well and finnhub.position == "closed" and finnhub.score_percent == 100
    assert finnhub.last_success_at is None and finnhub.last_failure_at is None
    assert [(one.calls, one.used, one.left) for one in finnhub.budgets] == [
        (w.calls, 2, w.calls - 2) for w in sorted(limits.windows, key=lambda w: w.seconds)
    ]


def test_symbols_of_a_month_are_counted_where_the_source_counts_them(settings: Any) -> None:
    settings.PROVIDER_KEYS = {"tiingo": "t"}
    limits = ENTRIES["tiingo"].load().LIMITS
    reserve_symbols("tiingo", limits, ["AAPL", "MSFT"])
    symbols = status("tiingo").symbols
    assert symbols is not None and (symbols.used, symbols.calls) == (2, limits.symbols_a_month)


@pytest.mark.usefixtures("on")
def test_a_source_that_failed_three_times_is_left_alone_and_says_why() -> None:
    for _ in range(3):
        report("yahoo", DOWN)
    yahoo = status("yahoo")
    assert (yahoo.position, yahoo.paused, yahoo.failures, yahoo.last_kind, yahoo.last_detail) == ("open", False, 3, "unreachable", DOWN.detail)
    assert yahoo.until is not None and yahoo.until - yahoo.last_failure_at == timedelta(seconds=60)
    assert yahoo.score_percent == 51 and not yahoo.is_well


@pytest.mark.usefixtures("on")
def test_a_pause_that_the_source_asked_for_is_told_as_one_and_half_open_after_it() -> None:
    report("yahoo", Failure(FailureKind.RATE_LIMITED, "Too many requests.", 90.0))
    assert status("yahoo").paused
    for _ in range(3):
        report("yahoo", DOWN)
    later = next(one for one in sources_status(now=time.time() + 3_700) if one.name == "yahoo")
    assert later.position == "half open" and later.until is None and not later.paused


@pytest.mark.usefixtures("on")
def test_a_wrong_key_is_named_by_its_variable_and_never_shown() -> None:
    report("finnhub", Failure(FailureKind.AUTH, f"The key {KEY} is not valid."))
    finnhub = status("finnhub")
    assert finnhub.wrong_key == "FINNHUB_KEY" and finnhub.last_detail == "The key … is not valid." and KEY not in repr(finnhub)
    report("finnhub", None, now=time.time() + 1)
    assert status("finnhub").wrong_key == ""


@pytest.mark.usefixtures("on")
def test_an_administrator_ends_a_pause_at_once_and_leaves_a_line(boss: Any, django_capture_on_commit_callbacks: Any) -> None:
    for _ in range(3):
        report("yahoo", DOWN)
    with django_capture_on_commit_callbacks(execute=True):
        try_source_again(boss, "yahoo")
    admit("yahoo")
    assert status("yahoo").position == "closed" and state_of("yahoo").last_detail == DOWN.detail
    assert AuditEntry.objects.filter(subject=boss.pk, action="source.tried_again", object_id="yahoo").exists()


@pytest.mark.usefixtures("on")
def test_nobody_else_ends_a_pause_and_only_of_a_source_that_is_on(person: Any, boss: Any) -> None:
    with pytest.raises(StaffOnly):
        try_source_again(person, "yahoo")
    for name in ("newsapi", "nobody", ""):
        with pytest.raises(UnknownSource):
            try_source_again(boss, name)


@pytest.mark.usefixtures("on")
def test_the_page_tells_administrators_and_offers_the_button_where_it_helps(
    client: Client, boss: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(boss)
    quiet = client.get(reverse("admin:market_sources")).content.decode()
    assert "Try again now" not in quiet
    assert quiet.count("No call yet") == 2 and "100 %" not in quiet
    assert reverse("admin:market_sources") in client.get(reverse("admin:index")).content.decode()
    report("finnhub", Failure(FailureKind.AUTH, f"The key {KEY} is not valid."))
    for _ in range(3):
        report("yahoo", DOWN)
    page = client.get(reverse("admin:market_sources")).content.decode()
    assert "Yahoo Finance" in page and "3 failures in a row" in page and DOWN.detail in page
    assert "Correct FINNHUB_KEY" in page and KEY not in page and page.count("Try again now") == 1
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("admin:market_sources_again"), {"source": "yahoo"}, follow=True)
    assert "Yahoo Finance is asked again from now on." in answer.content.decode()
    assert state_of("yahoo").position(time.time()) == "closed"
    assert client.get(reverse("admin:market_sources_again")).status_code == 405
    assert client.post(reverse("admin:market_sources_again"), {"source": "nobody"}).status_code == 404


def test_the_page_is_closed_to_people_who_are_no_staff(client: Client, person: Any) -> None:
    address = reverse("admin:market_sources")
    assert client.get(address).status_code == 302
    client.force_login(person)
    assert client.get(address, follow=True).status_code == 403
    assert client.post(reverse("admin:market_sources_again"), {"source": "yahoo"}, follow=True).status_code == 403
