"""Who may be asked now: budgets, breakers, one call for many, and the order of sources."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st

from market.providers.failures import BadAnswer, Failure, FailureKind, NoBudget, NotConfigured, ProviderFailed, Throttled, Unreachable
from market.providers.limits import DAY, HOUR, MINUTE, Limits, Window
from market.services.calls import Source, admit, ask, budgets_of, flight, patient_gate, report, reserve, reserve_symbols, state_of
from market.services.calls.budgets import forget_own_counts

NOW = 1_800_000_000.0
DOWN = Failure(FailureKind.UNREACHABLE, "No answer.")


@pytest.fixture(autouse=True)
def nothing_was_called() -> Iterator[None]:
    cache.clear()
    forget_own_counts()
    yield
    cache.clear()
    forget_own_counts()


@pytest.fixture
def restarted(settings: Any, tmp_path: Path) -> Callable[[], None]:
    """Ends this process and begins another, as far as calls are concerned; what is counted for long lies in a folder, as on one machine."""
    folder = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path, "OPTIONS": {"MAX_ENTRIES": 1000}}
    settings.CACHES = settings.CACHES | {"calls": folder}

    def restart() -> None:
        cache.clear()
        forget_own_counts()

    return restart


# ── budgets ─────────────────────────────────────────────────────────────────


def test_what_was_called_today_and_this_month_is_known_after_a_restart(restarted: Callable[[], None]) -> None:
    limits = Limits((Window(5, MINUTE), Window(3, DAY)), symbols_a_month=2)
    reserve("s", limits, 3, now=NOW)
    reserve_symbols("s", limits, ["A", "B"], now=NOW)
    restarted()
    assert [view.used for view in budgets_of("s", limits, now=NOW)] == [0, 3]
    with pytest.raises(NoBudget):
        reserve("s", limits, now=NOW)
    with pytest.raises(NoBudget):
        reserve_symbols("s", limits, ["C"], now=NOW)
    reserve_symbols("s", limits, ["A"], now=NOW)


def test_a_pause_that_a_source_asked_for_is_kept_over_a_restart(restarted: Callable[[], None]) -> None:
    report("s", Failure(FailureKind.RATE_LIMITED, "Too many.", retry_after=600.0), now=NOW)
    restarted()
    with pytest.raises(Throttled):
        admit("s", now=NOW + 599)
    admit("s", now=NOW + 601)


def test_a_budget_ends_and_says_when_it_opens_again() -> None:
    limits = Limits((Window(3, MINUTE),))
    for _ in range(3):
        reserve("s", limits, now=NOW)
    with pytest.raises(NoBudget) as problem:
        reserve("s", limits, now=NOW + 1)
    reserve("s", limits, now=NOW + 1 + problem.value.retry_after)


def test_what_is_refused_is_not_counted() -> None:
    limits = Limits((Window(5, MINUTE), Window(8, DAY)))
    reserve("s", limits, 5, now=NOW)
    for _ in range(10):
        with pytest.raises(NoBudget):
            reserve("s", limits, now=NOW)
    assert [view.used for view in budgets_of("s", limits, now=NOW)] == [5, 5]


def test_a_call_of_several_credits_takes_as_many() -> None:
    limits = Limits((Window(8, MINUTE),))
    reserve("s", limits, 8, now=NOW)
    with pytest.raises(NoBudget):
        reserve("s", limits, 1, now=NOW)
    assert budgets_of("s", limits, now=NOW)[0].left == 0


def test_sources_do_not_share_a_budget() -> None:
    limits = Limits((Window(1, HOUR),))
    reserve("a", limits, now=NOW)
    reserve("b", limits, now=NOW)


def test_the_budget_holds_when_the_cache_was_emptied() -> None:
    limits = Limits((Window(2, HOUR),))
    reserve("s", limits, 2, now=NOW)
    cache.clear()
    with pytest.raises(NoBudget):
        reserve("s", limits, now=NOW)


@settings(max_examples=60, deadline=timedelta(seconds=5))
@given(st.lists(st.floats(0, 400), max_size=60), st.integers(1, 6))
def test_no_stretch_of_a_window_ever_has_more_calls_than_allowed(moments: list[float], calls: int) -> None:
    cache.clear()
    forget_own_counts()
    made: list[float] = []
    for moment in sorted(moments):
        try:
            reserve("s", Limits((Window(calls, MINUTE),)), now=NOW + moment)
        except NoBudget:
            continue
        made.append(moment)
    assert all(sum(start <= one < start + MINUTE for one in made) <= calls for start in made)


def test_many_threads_together_take_no_more_than_there_is() -> None:
    limits, taken = Limits((Window(20, HOUR),)), []

    def take() -> None:
        for _ in range(20):
            try:
                reserve("s", limits, now=NOW)
            except NoBudget:
                continue
            taken.append(1)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < len(taken) <= 20


def test_different_symbols_of_a_month_are_counted_once() -> None:
    limits = Limits(symbols_a_month=3)
    reserve_symbols("s", limits, ["A", "B"], now=NOW)
    reserve_symbols("s", limits, ["A", "B", "C"], now=NOW)
    with pytest.raises(NoBudget):
        reserve_symbols("s", limits, ["D"], now=NOW)
    reserve_symbols("s", limits, ["C"], now=NOW)


def test_a_job_waits_for_a_short_pause_and_not_for_a_long_one() -> None:
    gate = patient_gate("s", Limits((), gap=0.2), patience=1.0)
    gate(1)
    gate(1)
    hour = patient_gate("h", Limits((Window(1, HOUR),)), patience=1.0)
    hour(1)
    with pytest.raises(NoBudget):
        hour(1)


# ── breakers ────────────────────────────────────────────────────────────────


def test_three_failures_in_a_row_shut_a_source_for_a_minute_and_one_more_for_two() -> None:
    for _ in range(2):
        report("s", DOWN, now=NOW)
        admit("s", now=NOW)
    report("s", DOWN, now=NOW)
    with pytest.raises(Unreachable):
        admit("s", now=NOW + 59)
    admit("s", now=NOW + 61)
    report("s", DOWN, now=NOW + 61)
    with pytest.raises(Unreachable):
        admit("s", now=NOW + 61 + 119)
    admit("s", now=NOW + 61 + 121)


def test_the_pause_ends_at_an_hour() -> None:
    for _ in range(20):
        report("s", DOWN, now=NOW)
    assert state_of("s").until == NOW + 3600


def test_a_shut_source_is_tried_by_one_caller_only() -> None:
    for _ in range(3):
        report("s", DOWN, now=NOW)
    admit("s", now=NOW + 61)
    with pytest.raises(Unreachable, match="tried again"):
        admit("s", now=NOW + 61)
    report("s", None, now=NOW + 62)
    admit("s", now=NOW + 62)
    admit("s", now=NOW + 62)
    assert state_of("s").position(NOW + 62) == "closed"


def test_a_pause_that_was_asked_for_is_kept_after_one_answer() -> None:
    report("s", Failure(FailureKind.RATE_LIMITED, "Too many.", 300), now=NOW)
    with pytest.raises(Throttled) as problem:
        admit("s", now=NOW + 299)
    assert problem.value.retry_after == pytest.approx(1)
    admit("s", now=NOW + 301)


@pytest.mark.parametrize("kind", [FailureKind.UNKNOWN_SYMBOL, FailureKind.NO_DATA, FailureKind.AUTH, FailureKind.PLAN_RESTRICTED])
def test_an_answer_that_no_second_try_would_change_shuts_nothing(kind: FailureKind) -> None:
    for _ in range(5):
        report("s", Failure(kind, "So it is."), now=NOW)
    admit("s", now=NOW)


# ── one call for many ───────────────────────────────────────────────────────


def test_the_same_question_is_on_its_way_once() -> None:
    with flight("s", "quotes", ["A", "B"]) as first, flight("s", "quotes", ["B", "A"]) as second, flight("s", "quotes", ["A"]) as other:
        assert (first, second, other) == (True, False, True)
    with flight("s", "quotes", ["A", "B"]) as again:
        assert again


# ── asking ──────────────────────────────────────────────────────────────────


def _source(name: str, answers: Mapping[str, Any] | ProviderFailed, at_once: int = 100) -> tuple[Source[Any], list[list[str]]]:
    asked: list[list[str]] = []

    def call(symbols: Sequence[str]) -> Mapping[str, Any]:
        asked.append(list(symbols))
        if isinstance(answers, ProviderFailed):
            raise answers
        return {symbol: answers[symbol] for symbol in symbols if symbol in answers}

    return Source(name, at_once, call), asked


def _wanted(sources: Sequence[Source[Any]], *names: str) -> dict[int, list[tuple[Source[Any], str]]]:
    """Instruments 0, 1, … with the same ways: their name and the source's, as X.a."""
    return {number: [(source, f"{name}.{source.name}") for source in sources] for number, name in enumerate(names)}


def test_what_the_first_source_does_not_know_the_second_is_asked_for() -> None:
    first, _ = _source("a", {"X.a": 1, "Y.a": Failure(FailureKind.UNKNOWN_SYMBOL, "Unknown.")})
    second, asked = _source("b", {"Y.b": 2})
    found = ask("quotes", _wanted([first, second], "X", "Y"))
    assert found.answers == {0: ("a", 1), 1: ("b", 2)}
    assert asked == [["Y.b"]]


def test_a_source_that_fails_as_a_whole_is_asked_once_a_round() -> None:
    first, asked = _source("a", Unreachable("No answer."), at_once=1)
    second, _ = _source("b", {"X.b": 1, "Y.b": 2, "Z.b": 3})
    found = ask("quotes", _wanted([first, second], "X", "Y", "Z"))
    assert asked == [["X.a"]]
    assert {pk: source for pk, (source, _) in found.answers.items()} == {0: "b", 1: "b", 2: "b"}
    assert {pk: one["a"].kind for pk, one in found.failures.items()} == dict.fromkeys(range(3), FailureKind.UNREACHABLE)


def test_nobody_calls_a_source_that_asked_for_a_pause() -> None:
    report("a", Failure(FailureKind.RATE_LIMITED, "Too many.", 300))
    first, asked = _source("a", {"X.a": 1})
    found = ask("quotes", _wanted([first], "X"))
    assert asked == [] and found.failures[0]["a"].kind == FailureKind.RATE_LIMITED


def test_a_symbol_that_an_answer_leaves_out_is_a_failure_and_no_zero() -> None:
    first, _ = _source("a", {"X.a": 1})
    found = ask("quotes", _wanted([first], "X", "Y"))
    assert found.failures[1]["a"].kind == FailureKind.MALFORMED and 1 not in found.answers


def test_a_source_that_did_badly_is_asked_after_one_that_did_well() -> None:
    for _ in range(6):
        report("a", Failure(FailureKind.MALFORMED, "Nonsense."))
    first, _ = _source("a", {"X.a": 1})
    second, _ = _source("b", {"X.b": 2})
    assert ask("quotes", _wanted([first, second], "X")).answers == {0: ("b", 2)}


def test_an_empty_budget_of_ours_is_no_fault_of_the_source() -> None:
    first, _ = _source("a", NoBudget("Used up.", retry_after=60))
    for _ in range(5):
        ask("quotes", _wanted([first], "X"))
    assert state_of("a").failures == 0
    admit("a")


def test_nor_is_one_that_ends_within_a_call() -> None:
    first, _ = _source("a", {"X.a": 1, "Y.a": NoBudget("Used up.", retry_after=60).failure})
    for _ in range(5):
        found = ask("quotes", _wanted([first], "X", "Y"))
    assert found.answers == {0: ("a", 1)} and state_of("a").failures == 0


@pytest.mark.parametrize("problem", [BadAnswer("HTML."), NotConfigured("A wrong key.")])
def test_a_source_that_raises_never_reaches_the_caller(problem: ProviderFailed) -> None:
    first, _ = _source("a", problem)
    found = ask("quotes", _wanted([first], "X"))
    assert found.failures[0]["a"].kind == problem.kind and not found.answers


def test_those_whose_ways_part_later_share_the_first_call() -> None:
    first, asked = _source("a", {"X.a": 1, "Y.a": 2})
    second, _ = _source("b", {})
    third, _ = _source("c", {})
    found = ask("quotes", _wanted([first, second], "X") | {1: [(first, "Y.a"), (third, "Y.c")]})
    assert asked == [["X.a", "Y.a"]] and found.calls == 1


def test_the_number_of_calls_is_that_of_the_chunks() -> None:
    names = [f"S{number}" for number in range(200)]
    answers: dict[str, Any] = {f"{name}.a": 1 for name in names}
    first, asked = _source("a", answers)
    assert ask("quotes", _wanted([first], *names)).calls == len(asked) == 2


def test_a_question_that_is_on_its_way_is_not_asked_twice() -> None:
    inner: list[Any] = []
    source: Source[Any]

    def call(symbols: Sequence[str]) -> Mapping[str, Any]:
        inner.append(ask("quotes", _wanted([source], "X")))
        return {"X.a": 1}

    source = Source("a", 100, call)
    assert ask("quotes", _wanted([source], "X")).answers == {0: ("a", 1)}
    assert inner[0].on_its_way == {0} and inner[0].calls == 0


def test_a_window_is_named_as_one_says_it() -> None:
    limits = Limits(tuple(Window(60, seconds) for seconds in (1, 60, 3_600, 43_200, 86_400)))
    assert [view.span for view in budgets_of("s", limits, now=NOW)] == ["a moment", "a minute", "an hour", "12 hours", "a day"]
