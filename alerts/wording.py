"""How the sentences of rules read for somebody: numbers as their locale writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from alerts.models import Rule
from alerts.rules import Number, Subject, Watch, Words
from portfolio_site.web import numbers, times, writing

HIDDEN = writing.DOTS
ALL_PORTFOLIOS = "All portfolios"


def _exactly(amount: Number) -> Decimal:
    return amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))


def _percent(value: Number) -> str:
    places = 2 if abs(_exactly(value)) < Decimal("0.1") else 1
    return str(numbers.share(_exactly(value), places))


WORDS = Words(
    price=lambda amount, unit: str(numbers.price(_exactly(amount), unit)),
    money=lambda amount, unit: str(numbers.money(_exactly(amount), unit)),
    percent=_percent,
    day=lambda day: str(times.day(day)),
)


@contextmanager
def words_for(locale: str, *, hidden: bool = False) -> Iterator[Words]:
    """Inside, numbers are written as in this locale, amounts as dots where they are hidden."""
    with writing.speaking(locale, hidden=hidden):
        yield WORDS


def subject_of(rule: Rule, currency: str = "") -> Subject:
    """What a rule watches, as sentences call it.  `currency`: the owner's, for all portfolios together."""
    if rule.watch is Watch.INSTRUMENT:
        assert rule.instrument is not None
        return Subject(rule.instrument.symbol, rule.instrument.price_unit)
    if rule.watch is Watch.PORTFOLIO:
        assert rule.portfolio is not None
        return Subject(rule.portfolio.name, rule.portfolio.base_currency)
    return Subject(ALL_PORTFOLIOS, currency)


def condition_of(rule: Rule, words: Words = WORDS, currency: str = "") -> str:
    """What it waits for, after the name of what it watches."""
    return rule.spec.condition(rule.values, subject_of(rule, currency), words)
