"""Newest prices from sources: asked for in bulk, judged, stored; what is not believed waits for a second source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from market.choices import ActionKind, AssetClass, Quality, SuspectKind, SuspectReason, Verdict
from market.hours import is_open, session_of
from market.models import CorporateAction, Instrument, Price, Quote, SourceSymbol, Suspect
from market.providers.base import SymbolQuote
from market.providers.failures import Failure
from market.services.calls import Asked, Source, ask
from market.services.quotes import QuoteDraft, publish_quotes
from market.services.refreshing.judging import Known, agree, expected, from_the_future, split_factor, suspicion
from market.services.refreshing.symbols import QUOTES, Names, names_of, note_asked, note_told

Sources = Callable[[Instrument], Sequence[Source[SymbolQuote]]]  # that an instrument is asked for at, in order of preference

LONGEST_WEEKEND = timedelta(days=5)  # a close that is older than this is not the one of the day before

OLDEST = timedelta(days=1)  # what a stream tells of longer ago is not what happens


@dataclass(slots=True)
class Refreshed:
    """What came of a round.  `suspects` are by instrument, `failures` by instrument and source; `calls`: questions to sources."""

    published: tuple[int, ...] = ()
    suspects: dict[int, SuspectReason] = field(default_factory=dict)
    failures: dict[int, dict[str, Failure]] = field(default_factory=dict)
    calls: int = 0


@dataclass(frozen=True, slots=True)
class _Doubt:
    source: str
    quote: SymbolQuote
    reason: SuspectReason
    before: Decimal | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is good, with its source; the rest as in `Refreshed`, of second sources only."""

    good: dict[int, tuple[str, SymbolQuote]]
    suspects: dict[int, SuspectReason]
    failures: dict[int, dict[str, Failure]]
    calls: int


def refresh_quotes(ids: Iterable[int], now: datetime, sources: Sources) -> Refreshed:
    """Asks for the newest prices of everybody's instruments among these, and stores what can be believed.

    A price that is doubted is asked for once more, at the other sources; where one of them agrees it is stored, and else kept as
    a suspect while the last good price stays.  Never raises for a source.  The number of queries does not grow with the ids.
    """
    instruments = {one.pk: one for one in Instrument.objects.filter(pk__in=list(ids), owner=None)}
    names = names_of(instruments, now, QUOTES)
    asked = _ask(names, instruments, sources, exclude={})
    judged = _believed(asked.answers, names, instruments, sources, now)
    good = _coins_with_their_close_before(judged.good, instruments)
    published = publish_quotes([_draft(pk, source, quote) for pk, (source, quote) in good.items()]) if good else ()
    failures = {pk: {**asked.failures.get(pk, {}), **judged.failures.get(pk, {})} for pk in {*asked.failures, *judged.failures}}
    note_asked(names, {pk: source for pk, (source, _) in asked.answers.items()}, failures, now, QUOTES)
    return Refreshed(published, judged.suspects, failures, asked.calls + judged.calls)


def take_quotes(told: Mapping[int, tuple[str, SymbolQuote]], now: datetime, sources: Sources, quiet: Collection[int] = ()) -> Refreshed:
    """Stores what can be believed of newest prices that came without a question: by instrument, with the source that told them.

    Only prices of trading hours count: what is traded before and after them is no price of the day, and the close is asked for.  A price
    that is doubted is asked for at the other sources, as in a round; of those in `quiet` it is left out without a word.  What is told
    whole counts as asked for, so that no round asks while prices come by themselves.
    """
    instruments = {one.pk: one for one in Instrument.objects.filter(pk__in=list(told), owner=None)}
    names = names_of(instruments, now, QUOTES)
    answers = {
        pk: (source, _in_its_currency(quote, names[pk][source]))
        for pk, (source, quote) in told.items()
        if source in names.get(pk, {}) and _is_of_trading_hours(instruments[pk], quote, now)
    }
    judged = _believed(_with_the_day_before(answers, instruments), names, instruments, sources, now, quiet)
    drafts = [_draft(pk, source, quote) for pk, (source, quote) in judged.good.items()]
    published = publish_quotes(drafts) if drafts else ()
    note_told({draft.instrument_id: names[draft.instrument_id] for draft in drafts if draft.previous_close is not None}, judged.good, now)
    return Refreshed(published, judged.suspects, judged.failures, judged.calls)


def _coins_with_their_close_before(
    good: Mapping[int, tuple[str, SymbolQuote]], instruments: Mapping[int, Instrument]
) -> dict[int, tuple[str, SymbolQuote]]:
    """Sources of coins tell a change of 24 hours, and no close: that of the UTC day before is the stored one.  One query, where one lacks it."""
    found = dict(good)
    days = {
        pk: session_of(instruments[pk].exchange, AssetClass.CRYPTO, quote.as_of) - timedelta(days=1)
        for pk, (_, quote) in good.items()
        if quote.previous_close is None and instruments[pk].asset_class == AssetClass.CRYPTO
    }
    closes = Price.objects.filter(instrument__in=list(days), day__in=set(days.values())).values_list("instrument", "day", "close") if days else ()
    for pk, day, close in closes:
        if day == days[pk]:
            source, quote = good[pk]
            found[pk] = source, replace(quote, previous_close=close)
    return found


def _is_of_trading_hours(instrument: Instrument, quote: SymbolQuote, now: datetime) -> bool:
    recent = quote.as_of >= now - OLDEST and not from_the_future(quote, now)
    return recent and is_open(instrument.exchange, instrument.asset_class, quote.as_of)


def _with_the_day_before(answers: Mapping[int, tuple[str, SymbolQuote]], instruments: Mapping[int, Instrument]) -> dict[int, tuple[str, SymbolQuote]]:
    """A trade tells neither the close of the day before nor the volume of its day: what stands of the same day stays, and a new day begins
    with the close that stands.  At most two queries."""
    lacking = {pk: instruments[pk] for pk, (_, quote) in answers.items() if quote.previous_close is None}
    if not lacking:
        return dict(answers)
    stored = {quote.pk: quote for quote in Quote.objects.filter(pk__in=list(lacking))}
    known = _held(lacking, stored)
    found = dict(answers)
    for pk, row in stored.items():
        source, quote = answers[pk]
        place = lacking[pk].exchange, lacking[pk].asset_class
        day, before = session_of(*place, quote.as_of), session_of(*place, row.as_of)
        if day == before:
            found[pk] = source, replace(quote, previous_close=row.previous_close, volume=row.volume)
        elif day > before and row.quality == Quality.CLOSE and day - before <= LONGEST_WEEKEND:
            found[pk] = source, replace(quote, previous_close=expected(known[pk]))
    return found


def _believed(
    answers: Mapping[int, tuple[str, SymbolQuote]],
    names: Names,
    instruments: Mapping[int, Instrument],
    sources: Sources,
    now: datetime,
    quiet: Collection[int] = (),
) -> _Judged:
    """What is good of the answers, or of what a second source says of those in doubt."""
    known = _known(instruments)
    good, doubts = _judge(answers, instruments, known, now)
    doubts = {pk: doubt for pk, doubt in doubts.items() if pk not in quiet}
    second: Asked[SymbolQuote] = Asked()
    if doubts:
        second = _ask({pk: names[pk] for pk in doubts}, instruments, sources, exclude={pk: doubt.source for pk, doubt in doubts.items()})
        agreed = {pk: source for pk, (source, quote) in second.answers.items() if agree(quote.price, doubts[pk].quote.price)}
        # what the second source says instead is as good as any where it alone is believable
        better, _ = _judge({pk: found for pk, found in second.answers.items() if pk not in agreed}, instruments, known, now)
        good |= {pk: (doubts[pk].source, doubts[pk].quote) for pk in agreed if doubts[pk].reason != SuspectReason.CURRENCY} | better
        _note_doubts(doubts, agreed, instruments, now)
    suspects = {pk: doubt.reason for pk, doubt in doubts.items() if pk not in good}
    return _Judged(good, suspects, second.failures, second.calls)


def _ask(names: Names, instruments: Mapping[int, Instrument], sources: Sources, exclude: Mapping[int, str]) -> Asked[SymbolQuote]:
    """One round.  `exclude`: a source not to ask, by instrument."""
    wanted = {
        pk: [(source, rows[source.name].symbol) for source in sources(instruments[pk]) if source.name in rows and source.name != exclude.get(pk)]
        for pk, rows in names.items()
    }
    asked = ask("quotes", wanted)
    asked.answers = {pk: (source, _in_its_currency(quote, names[pk][source])) for pk, (source, quote) in asked.answers.items()}
    return asked


def _in_its_currency(quote: SymbolQuote, name: SourceSymbol) -> SymbolQuote:
    """A price that tells no currency is in the one that is known of the symbol."""
    return quote if quote.currency else replace(quote, currency=name.currency)


def _known(instruments: Mapping[int, Instrument]) -> dict[int, Known]:
    """What each newest price is held against.  Two queries."""
    return _held(instruments, {quote.pk: quote for quote in Quote.objects.filter(pk__in=list(instruments))})


def _held(instruments: Mapping[int, Instrument], quotes: Mapping[int, Quote]) -> dict[int, Known]:
    splits: dict[int, list[CorporateAction]] = defaultdict(list)
    if quotes:
        since = min(quote.as_of for quote in quotes.values()).date()
        for action in CorporateAction.objects.filter(instrument__in=list(quotes), kind=ActionKind.SPLIT, ex_day__gte=since):
            splits[action.instrument_id].append(action)
    return {pk: _held_against(one, quotes.get(pk), splits[pk]) for pk, one in instruments.items()}


def _held_against(instrument: Instrument, quote: Quote | None, splits: Sequence[CorporateAction]) -> Known:
    if quote is None:
        return Known(instrument.currency)
    last_day = session_of(instrument.exchange, instrument.asset_class, quote.as_of)
    since: list[tuple[Any, Any]] = [(one.ratio_new, one.ratio_old) for one in splits if one.ex_day > last_day and one.ratio_new and one.ratio_old]
    return Known(instrument.currency, quote.price, quote.as_of, split_factor(since))


def _judge(
    answers: Mapping[int, tuple[str, SymbolQuote]], instruments: Mapping[int, Instrument], known: Mapping[int, Known], now: datetime
) -> tuple[dict[int, tuple[str, SymbolQuote]], dict[int, _Doubt]]:
    good, doubts = {}, {}
    for pk, (source, quote) in answers.items():
        if pk not in instruments or from_the_future(quote, now):
            continue
        if (reason := suspicion(quote, known[pk])) is None:
            good[pk] = (source, quote)
        else:
            doubts[pk] = _Doubt(source, quote, reason, known[pk].price)
    return good, doubts


def _note_doubts(doubts: Mapping[int, _Doubt], agreed: Mapping[int, str], instruments: Mapping[int, Instrument], now: datetime) -> None:
    """Keeps what was doubted, and who agreed.  What somebody refused stays refused for the day.  Two queries."""
    days = {pk: session_of(instruments[pk].exchange, instruments[pk].asset_class, doubt.quote.as_of) for pk, doubt in doubts.items()}
    refused = Suspect.objects.filter(instrument__in=list(doubts), kind=SuspectKind.QUOTE, day__in=set(days.values()), verdict=Verdict.REFUSED)
    settled = set(refused.values_list("instrument_id", "day", "source"))
    rows = []
    for pk, doubt in doubts.items():
        accepted = pk in agreed and doubt.reason != SuspectReason.CURRENCY
        day = days[pk]
        if not accepted and (pk, day, doubt.source) in settled:
            continue
        rows.append(
            Suspect(
                instrument_id=pk,
                kind=SuspectKind.QUOTE,
                source=doubt.source,
                day=day,
                as_of=doubt.quote.as_of,
                price=doubt.quote.price,
                before=doubt.before,
                reason=doubt.reason,
                found_at=now,
                verdict=Verdict.ACCEPTED if accepted else Verdict.OPEN,
                settled_at=now if accepted else None,
                confirmed_by=agreed.get(pk, "") if accepted else "",
            )
        )
    fields = ["as_of", "price", "before", "reason", "found_at", "verdict", "settled_at", "confirmed_by"]
    Suspect.objects.bulk_create(rows, update_conflicts=True, unique_fields=["instrument", "kind", "day", "source"], update_fields=fields)


def _draft(pk: int, source: str, quote: SymbolQuote) -> QuoteDraft:
    return QuoteDraft(pk, quote.price, quote.as_of, source, quote.quality, quote.previous_close, quote.volume)
