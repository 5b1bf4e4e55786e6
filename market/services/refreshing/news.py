"""News of instruments from sources: whose turn it is, whom to ask under which name, and how far back.

An instrument is asked for at the first source that has something about it.  Sources with symbols are asked by symbol; those that
search texts by the name of the company.  Of a person's own instruments, and of those that no source knows, nobody is asked: their
names go nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from market.choices import AssetClass
from market.models import Instrument, NewsAsked, SourceSymbol
from market.providers.base import ArticleRow
from market.providers.demo import SOURCE as DEMO
from market.providers.failures import Failure, FailureKind
from market.providers.naming import search_name
from market.providers.registry import ENTRIES
from market.services.calls import Source, ask
from market.services.news import FoundArticle, store_articles

Sources = Callable[[datetime], Sequence[Source[tuple[ArticleRow, ...]]]]  # asked for what was published since then, in order of preference
TOLD_OF = (AssetClass.STOCK, AssetClass.ETF, AssetClass.FUND, AssetClass.CRYPTO)
BY_NAME = frozenset({"newsapi"})  # sources that search texts
FIRST = timedelta(days=7)  # how far back the first question goes, and the longest
AGAIN = timedelta(hours=36)  # how far each question goes back behind the last answer: a free key is told a day late
EVERY = timedelta(minutes=25)
_OF_THE_DEMO = Q(provider=DEMO) & ~Q(isin="")  # its real companies: their prices are the demo's, their news need not be
_NOTHING = frozenset({FailureKind.NO_DATA, FailureKind.UNKNOWN_SYMBOL})


@dataclass(slots=True)
class FetchedNews:
    """What came of a round: articles that are new, instruments that a source had something about, failures by instrument and source."""

    stored: int = 0
    answered: set[int] = field(default_factory=set)
    failures: dict[int, dict[str, Failure]] = field(default_factory=dict)
    calls: int = 0


def due_news(followed: Iterable[int], now: datetime, most: int) -> list[int]:
    """The followed instruments that sources are to be asked about now: never asked first, then those asked longest ago.  One query."""
    named = Exists(SourceSymbol.objects.filter(instrument=OuterRef("pk"), until=None))
    rows = (
        Instrument.objects.filter(named | _OF_THE_DEMO, pk__in=list(followed))
        .filter(owner=None, asset_class__in=TOLD_OF)
        .order_by()
        .values_list("news_asked__asked_at", "pk")
    )
    first = datetime.min.replace(tzinfo=now.tzinfo)
    wanted = sorted((asked or first, pk) for asked, pk in rows if asked is None or now - asked >= EVERY)
    return [pk for _, pk in wanted][:most]


def fetch_news(ids: Iterable[int], now: datetime, sources: Sources) -> FetchedNews:
    """Asks for news of these instruments and stores what is new.  Never raises for a source.  The number of queries does not grow with the ids."""
    instruments = {one.pk: one for one in Instrument.objects.filter(pk__in=list(ids), owner=None, asset_class__in=TOLD_OF)}
    symbols = _symbols(instruments)
    answered = dict(NewsAsked.objects.filter(pk__in=symbols).values_list("pk", "answered_at"))
    opened = sources(_since([answered.get(pk) for pk in symbols], now))
    wanted = {pk: _ways(instruments[pk], names, opened) for pk, names in symbols.items()}
    asked = ask("news", wanted)
    found = [FoundArticle(row, source, (pk,)) for pk, (source, rows) in asked.answers.items() for row in rows]
    done = FetchedNews(store_articles(found, now), set(asked.answers), asked.failures, asked.calls)
    _note(symbols, _heard(wanted, asked.answers, asked.failures), answered, now)
    return done


def _symbols(instruments: Mapping[int, Instrument]) -> dict[int, dict[str, str]]:
    """What sources call each instrument today; the demo's real companies by what follows from their tickers.  One query."""
    found: dict[int, dict[str, str]] = {}
    for pk, source, symbol in SourceSymbol.objects.filter(instrument__in=list(instruments), until=None).values_list(
        "instrument_id", "source", "symbol"
    ):
        found.setdefault(pk, {})[source] = symbol
    from market.services.listing.names import suggested  # what takes instruments in rests on this package

    for pk, one in instruments.items():
        if one.provider == DEMO and one.isin and pk not in found:
            found[pk] = {source: symbol for source, (symbol, _) in suggested(one, ENTRIES).items()}
    return found


def _ways(
    instrument: Instrument, symbols: Mapping[str, str], sources: Sequence[Source[tuple[ArticleRow, ...]]]
) -> list[tuple[Source[tuple[ArticleRow, ...]], str]]:
    names = {source: search_name(instrument.name) for source in BY_NAME} | dict(symbols)
    return [(source, names[source.name]) for source in sources if names.get(source.name)]


def _since(answered: Sequence[datetime | None], now: datetime) -> datetime:
    """From when on all of a round are asked for."""
    return max(now - FIRST, min((now - FIRST if at is None else at - AGAIN for at in answered), default=now - FIRST))


def _heard(wanted: Iterable[int], answers: Mapping[int, object], failures: Mapping[int, Mapping[str, Failure]]) -> set[int]:
    """Those about whom a source said something, be it that there is nothing."""
    return {pk for pk in wanted if pk in answers or any(failure.kind in _NOTHING for failure in failures.get(pk, {}).values())}


def _note(asked: Iterable[int], heard: set[int], answered: Mapping[int, datetime | None], now: datetime) -> None:
    """Whoever was asked about has had its turn, also where no source could be reached: the next question goes back as far.  One query."""
    rows = [NewsAsked(instrument_id=pk, asked_at=now, answered_at=now if pk in heard else answered.get(pk)) for pk in asked]
    NewsAsked.objects.bulk_create(rows, update_conflicts=True, unique_fields=["instrument"], update_fields=["asked_at", "answered_at"])
