"""Asking sources in order until each symbol has its answer.

Each instrument has its own ways to a price: sources in order, with its symbol at each.  All whose turn it is at one source are asked
for together, in as few calls as it takes; what it could not answer goes to the next way.  A source that failed as a whole is not asked
again in the round.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from market.providers.failures import Failure, FailureKind, NoBudget, ProviderFailed
from market.services.calls.breaker import NotAdmitted, admit, report, state_of
from market.services.calls.flights import flight

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
HEALTHY = 0.5  # a source below this score is asked after those above it

Call = Callable[[Sequence[str]], Mapping[str, Answer | Failure]]


@dataclass(frozen=True, slots=True)
class Source(Generic[Answer]):
    """A source as one question sees it: at most `at_once` symbols a call."""

    name: str
    at_once: int
    call: Call[Answer]


Ways = Sequence[tuple[Source[Answer], str]]  # sources in order of preference, each with the instrument's symbol there


@dataclass(slots=True)
class Asked(Generic[Answer]):
    """Answers with the source that gave each, and why the rest has none: the last failure of each, by source."""

    answers: dict[int, tuple[str, Answer]] = field(default_factory=dict)
    failures: dict[int, dict[str, Failure]] = field(default_factory=dict)
    calls: int = 0
    on_its_way: set[int] = field(default_factory=set)  # somebody else is asking just now
    ended: dict[str, Failure] = field(default_factory=dict)  # sources that failed as a whole

    def is_open(self, pk: int) -> bool:
        return pk not in self.answers and pk not in self.on_its_way

    def fail(self, pk: int, source: str, failure: Failure) -> None:
        self.failures.setdefault(pk, {})[source] = failure


def ask(what: str, wanted: Mapping[int, Ways[Answer]]) -> Asked[Answer]:
    """Answers by instrument.  Never raises for a source that fails."""
    asked: Asked[Answer] = Asked()
    scores: dict[str, float] = {}
    ways = {pk: deque(by_health(found, scores)) for pk, found in wanted.items()}
    while turn := _turn(ways, asked):
        for source, symbols in turn.values():
            names = list(symbols)
            for start in range(0, len(names), source.at_once):
                _ask_chunk(what, source, {name: symbols[name] for name in names[start : start + source.at_once]}, asked)
    return asked


def by_health(ways: Ways[Answer], scores: dict[str, float] | None = None) -> list[tuple[Source[Answer], str]]:
    """In the order given, those that did badly of late behind those that did well.  `scores`: those that were looked up already."""
    known = {} if scores is None else scores
    for source, _ in ways:
        if source.name not in known:
            known[source.name] = state_of(source.name).score
    return sorted(ways, key=lambda way: known[way[0].name] < HEALTHY)


def _turn(ways: Mapping[int, deque[tuple[Source[Answer], str]]], asked: Asked[Answer]) -> dict[str, tuple[Source[Answer], dict[str, int]]]:
    """Who is asked next for whom: the next way of each instrument that has no answer, by source."""
    turn: dict[str, tuple[Source[Answer], dict[str, int]]] = {}
    for pk, left in ways.items():
        while left and asked.is_open(pk):
            source, symbol = left[0]
            if source.name in turn and symbol in turn[source.name][1]:
                break  # another instrument of that name is asked for first: an answer belongs to one
            left.popleft()
            if (failure := asked.ended.get(source.name)) is not None:
                asked.fail(pk, source.name, failure)
                continue
            turn.setdefault(source.name, (source, {}))[1][symbol] = pk
            break
    return turn


def _ask_chunk(what: str, source: Source[Answer], ids: Mapping[str, int], asked: Asked[Answer]) -> None:
    if (failure := asked.ended.get(source.name)) is not None:
        for pk in ids.values():
            asked.fail(pk, source.name, failure)
        return
    with flight(source.name, what, ids) as first:
        if not first:
            asked.on_its_way.update(ids.values())
            return
        try:
            admit(source.name)
            asked.calls += 1
            found = source.call(list(ids))
        except ProviderFailed as problem:
            if not isinstance(problem, (NoBudget, NotAdmitted)):
                report(source.name, problem.failure)
                log.warning("source.failed", extra={"source": source.name, "what": what, "kind": problem.kind.value, "problem": problem.detail})
            asked.ended[source.name] = problem.failure
            for pk in ids.values():
                asked.fail(pk, source.name, problem.failure)
            return
    _take(source.name, ids, asked, found)


def _take(source: str, ids: Mapping[str, int], asked: Asked[Any], found: Mapping[str, Any]) -> None:
    ended: Failure | None = None
    refused: Failure | None = None  # the key was: that is about the source, whichever symbol it was said of
    for name, pk in ids.items():
        answer = found.get(name, Failure(FailureKind.MALFORMED, f"{source} left {name} out of its answer."))
        if isinstance(answer, Failure):
            asked.fail(pk, source, answer)
            ended = answer if answer.worth_another_try else ended
            refused = answer if answer.kind is FailureKind.AUTH else refused
        else:
            asked.answers[pk] = (source, answer)
    if ended is None or not ended.ours:
        report(source, ended or refused)
    if ended is not None:
        asked.ended[source] = ended
