"""A rule tried on the past year: when it would have fired.  Daily closes, and the daily series of the engine; one look a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils import timezone

from accounts.selectors import preferences_of
from alerts.looking.events import BACK, PAID, Around
from alerts.looking.events import happened as happened_since
from alerts.looking.history import Closes, closes_of, coins_among
from alerts.looking.portfolios import Portfolios, drift, year_began
from alerts.models import Rule
from alerts.rules import Happening, Level, Rehearsal, Subject, Words, rehearse
from alerts.wording import subject_of
from analytics.engine.errors import Undefined
from analytics.engine.risk import annual_volatility, enough
from analytics.selectors.parts import Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.period.unusual import UnusualDays
from market.choices import ActionKind
from market.selectors import actions_of, adjusted, factors, price_history, quotes_of
from portfolio_site.kernel.dates import years_before
from portfolios.choices import TransactionKind
from portfolios.ledger.records import REALISED
from portfolios.models import Portfolio, Transaction

Days = Iterator[tuple[date, Level]]


def rehearsal_of(rule: Rule, portfolios: Sequence[Portfolio], words: Words, now: datetime | None = None) -> Rehearsal:
    """When a rule, stored or not, would have fired in the past year.  `portfolios`: those it watches, which its owner may see."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    since = years_before(today, 1)
    if rule.spec.why_no_past:
        return Rehearsal(why_not=rule.spec.why_no_past)
    currency = portfolios[0].base_currency if len(portfolios) == 1 and rule.portfolio_id is not None else preferences_of(rule.owner).base_currency
    subject = subject_of(rule, currency)
    if rule.spec.happens:
        return _of_events(rule, portfolios, subject, words, since, now)
    try:
        days = _of_instrument(rule, since, today) if rule.instrument_id is not None else _of_portfolios(rule, portfolios, currency, since, today)
        return rehearse(rule.spec, rule.values, rule.terms, subject, list(days), once=rule.once, words=words)
    except Undefined as problem:
        return Rehearsal(why_not=problem.reason[:1].upper() + problem.reason[1:] + ("" if problem.reason.endswith(".") else "."))


# ── instruments ─────────────────────────────────────────────────────────────


def _of_instrument(rule: Rule, since: date, today: date) -> Days:
    """Closes in the units of today; two queries, three where it looks back."""
    assert rule.instrument is not None
    pk, values = rule.instrument.pk, rule.values
    if rule.kind in {"price_above", "price_below", "price_crosses"}:
        before: Decimal | None = None
        for bar in adjusted(price_history(pk, start=since, end=today), factors(actions_of([pk]))):
            yield bar.day, Level(bar.close, before=before)
            before = bar.close
        return
    quotes = quotes_of([pk])
    closes = closes_of(quotes.values(), coins_among({pk: rule.instrument.asset_class})).get(pk)
    if closes is not None:
        yield from _looked_back(rule.kind, values, closes, since)


def _looked_back(kind: str, values: dict[str, Any], closes: Closes, since: date) -> Days:
    first = int(np.searchsorted(closes.days, (since - date(1970, 1, 1)).days))
    for place in range(first, len(closes.days)):
        day = date(1970, 1, 1) + timedelta(days=int(closes.days[place]))
        now = float(closes.values[place])
        if kind == "drawdown":
            yield day, closes.fallen(day, values["days"], now)
        elif kind == "volatility":
            yield day, closes.swings(day, values["days"])
        elif values["days"] > 1:
            yield day, closes.moved(day, values["days"], now)
        elif place:
            yield day, Level(now / float(closes.values[place - 1]) - 1.0)


# ── portfolios ──────────────────────────────────────────────────────────────


def _of_portfolios(rule: Rule, portfolios: Sequence[Portfolio], currency: str, since: date, today: date) -> Days:
    if not portfolios:
        return
    whole = Portfolios(portfolios, currency, portfolios[0].owner)
    if rule.kind == "realised_gain":
        yield from _realised(whole, rule.values, since, today)
        return
    stretch = Stretch(whole.scope, None, None, is_exact=False)
    if stretch.is_empty:
        raise Undefined("nothing was recorded yet")
    yield from _SERIES[rule.kind](stretch, rule.values, max(stretch.daily.at(since), 1))


def _day(stretch: Stretch, place: int) -> date:
    return stretch.daily.first + timedelta(days=place)


def _worth(stretch: Stretch, values: dict[str, Any], first: int) -> Days:
    for place in range(first, len(stretch.daily.value)):
        known = bool(stretch.daily.known[place])
        yield _day(stretch, place), Level(float(stretch.daily.value[place]) if known else None, "" if known else "It is not known.")


def _changes(stretch: Stretch, values: dict[str, Any], first: int) -> Days:
    growth = stretch.growth
    for place in range(first, len(stretch.daily.value)):
        yield _day(stretch, place), Level(float(growth[place - 1]) - 1.0)


def _gains(stretch: Stretch, values: dict[str, Any], first: int) -> Days:
    series = stretch.daily
    for place in range(first, len(series.value)):
        gain = series.value[place] - series.value[place - 1] - series.inflow[place - 1] + series.outflow[place - 1]
        yield _day(stretch, place), Level(float(gain))


def _falls(stretch: Stretch, values: dict[str, Any], first: int) -> Days:
    index = stretch.index
    for place in range(first, len(index)):
        peak = float(index[max(place - values["days"], 0) : place + 1].max())
        yield _day(stretch, place), Level(1.0 - float(index[place]) / peak)


def _swings(stretch: Stretch, values: dict[str, Any], first: int) -> Days:
    series = stretch.daily
    returns = stretch.returns()
    for place in range(first, len(series.value)):
        inside = returns.values[(returns.opens >= place - values["days"]) & (returns.closes <= place)]
        try:
            yield _day(stretch, place), Level(annual_volatility(enough(inside), periods_per_year=series.periods))
        except Undefined as problem:
            yield _day(stretch, place), Level(None, problem.reason)


def _drifts(stretch: Stretch, values: dict[str, Any], first: int) -> Days:
    """Weights of holdings at each close.  Of other parts only today's are known."""
    if values["by"] != "holding":
        raise Undefined("classes, sectors, countries and currencies of what was held are known as they are today, not as they were")
    parts, table = Parts(stretch).days, stretch.scope.table
    called = {row.instrument.id: (row.instrument.name, row.instrument.symbol) for row in (*table.rows, *table.closed)}
    place_of = {name.casefold(): place for place, pk in enumerate(parts.instruments) for name in called.get(pk, ())}
    for place in range(first, len(stretch.daily.value)):
        whole = float(stretch.daily.value[place])
        if not stretch.daily.known[place] or whole <= 0:
            yield _day(stretch, place), Level(None, "The value is not known, or not above zero.")
            continue
        weights = {name: Decimal(repr(float(parts.value[row, place]) / whole)) for name, row in place_of.items()}
        yield _day(stretch, place), drift(values["targets"], weights)


_SERIES: dict[str, Callable[[Stretch, dict[str, Any], int], Days]] = {
    "value_above": _worth,
    "value_below": _worth,
    "day_change_percent": _changes,
    "day_change_amount": _gains,
    "drawdown": _falls,
    "volatility": _swings,
    "drift": _drifts,
}


def _realised(whole: Portfolios, values: dict[str, Any], since: date, today: date) -> Days:
    """What the year had realised by the end of each day on which something was, and on the first day of a year."""
    booked = sorted((one.day, one.amount) for book in whole.scope.books for one in book.postings if one.kind == REALISED)
    days = {since, today, *(day for day, _ in booked if since <= day <= today)}
    for day in sorted(days | {year_began(one, values["year_starts"]) for one in days if year_began(one, values["year_starts"]) >= since}):
        begun = year_began(day, values["year_starts"])
        yield day, Level(sum((amount for on, amount in booked if begun <= on <= day), Decimal(0)))


# ── what happened ───────────────────────────────────────────────────────────


def _of_events(rule: Rule, portfolios: Sequence[Portfolio], subject: Subject, words: Words, since: date, now: datetime) -> Rehearsal:
    """Rows of the past year, as far as they are kept."""
    today = timezone.localdate(now)
    held = {rule.instrument_id} if rule.instrument_id is not None else set(_held(portfolios))
    around = Around(portfolios, {pk for pk in held if pk is not None}, today, now)
    found = sorted(_found(rule, around, since), key=lambda one: one.day)
    assert rule.spec.tell is not None
    told = tuple((one.day, rule.spec.tell(rule.values, one, subject, words)) for one in found)
    return Rehearsal(told[:1] if rule.once else told, since, today)


def _held(portfolios: Sequence[Portfolio]) -> Iterable[int]:
    return Portfolios(portfolios, portfolios[0].base_currency, portfolios[0].owner).instruments if portfolios else ()


def _found(rule: Rule, around: Around, since: date) -> list[Happening]:
    if rule.kind == "unusual_day":
        return _unusual(around.portfolios, since)
    if rule.kind == "ex_dividend":
        symbols = quotes_of(around.instruments)
        rows = [one for one in actions_of(around.instruments, start=since, end=around.today) if one.kind == ActionKind.DIVIDEND]
        return [
            Happening("", symbols[one.instrument_id].symbol, one.ex_day, amount=one.amount, unit=symbols[one.instrument_id].currency)
            for one in rows
            if one.instrument_id in symbols
        ]
    if rule.kind == "dividend_paid":
        entries = Transaction.objects.live().filter(portfolio__in=[one.pk for one in around.portfolios], kind__in=PAID, traded_on__gte=since)
        return [
            Happening(
                "",
                "Cash" if row.instrument is None else row.instrument.symbol,
                row.traded_on,
                TransactionKind(row.kind).label,
                row.amount,
                row.settlement_currency or row.currency,
            )
            for row in entries.select_related("instrument")
        ]
    long_ago = Rule(kind=rule.kind, parameters=rule.parameters, started_at=around.now - timedelta(days=366))
    return happened_since(long_ago, Around(around.portfolios, around.instruments, around.today, around.now), back=timedelta(days=366) + BACK)


def _unusual(portfolios: Sequence[Portfolio], since: date) -> list[Happening]:
    found = []
    for portfolio in portfolios:
        whole = Portfolios([portfolio], portfolio.base_currency, portfolio.owner)
        stretch = Stretch(whole.scope, since, None, is_exact=False)
        if not stretch.is_empty:
            found += [Happening("", portfolio.name, one.day) for one in UnusualDays(stretch, Parts(stretch)).days()]
    return found
