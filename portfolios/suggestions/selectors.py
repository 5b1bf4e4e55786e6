"""Suggestions as pages and calls tell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from market.models import Instrument
from portfolios.choices import TransactionKind
from portfolios.comments.selectors import entry_titles
from portfolios.errors import SuggestionNotFound
from portfolios.models import Portfolio, Suggestion
from portfolios.roles import Action, may
from portfolios.selectors.access import role_of
from portfolios.sharing.selectors import called
from portfolios.suggestions.keeping import instruments_in
from portfolios.suggestions.models import Deed, State

MOST_SHOWN = 100  # that were decided, on the page; the API has all
_OWN_LINE = frozenset({"kind", "traded_on", "instrument", "quantity", "price", "amount", "fees", "taxes", "currency", "settlement_currency"})


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """One suggestion.  Of a change, what is not changed is empty here.  `rest`: other fields, each with its words.

    own, decides  whether whoever asked made it, and whether they may accept or decline it
    """

    id: int
    portfolio: int
    deed: str
    deed_words: str
    state: str
    state_words: str
    title: str
    entry: int | None
    kind: str
    day: date | None
    instrument: int | None
    name: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    fees: Decimal | None
    taxes: Decimal | None
    currency: str
    settles_in: str
    rest: tuple[tuple[str, str], ...]
    fields: Mapping[str, Any]
    note: str
    author: str
    suggested_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    recorded: int | None
    own: bool
    decides: bool

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN


def suggestions_of(user: Any, portfolio: Portfolio) -> Any:
    """The rows, newest first."""
    found = Suggestion.objects.visible_to(user).filter(portfolio=portfolio)
    return found.select_related("author", "decided_by").order_by("-id")


def open_and_decided(user: Any, portfolio: Portfolio) -> tuple[list[SuggestionView], list[SuggestionView]]:
    """Those that wait, oldest first, and those that were decided, newest first.  At most six queries."""
    waiting = list(suggestions_of(user, portfolio).filter(state=State.OPEN).order_by("id"))
    decided = list(suggestions_of(user, portfolio).exclude(state=State.OPEN)[:MOST_SHOWN])
    told = views_of(user, portfolio, [*waiting, *decided])
    return told[: len(waiting)], told[len(waiting) :]


def views_of(user: Any, portfolio: Portfolio, rows: Iterable[Suggestion]) -> list[SuggestionView]:
    """At most four queries, however many."""
    rows = list(rows)
    role = role_of(user, portfolio)
    numbers = {number for row in rows for number in instruments_in(row.fields)}
    instruments = Instrument.objects.in_bulk(numbers) if numbers else {}
    about = {row.entry for row in rows if row.entry is not None}
    titles = entry_titles(portfolio, about) if about else {}
    return [_view(user, row, instruments, titles, decides=may(role, Action.WRITE)) for row in rows]


def _view(user: Any, row: Suggestion, instruments: Mapping[int, Instrument], titles: Mapping[int, str], *, decides: bool) -> SuggestionView:
    kept = row.fields
    one = instruments.get(kept.get("instrument") or 0)
    kind = str(TransactionKind(kept["kind"]).label) if "kind" in kept else ""
    title = titles.get(row.entry, f"Entry {row.entry}") if row.entry is not None else f"{kind}, {one.name}" if one is not None else kind
    currency = kept.get("currency") or (one.currency if one is not None else "")
    return SuggestionView(
        id=row.pk,
        portfolio=row.portfolio_id,
        deed=row.deed,
        deed_words=Deed(row.deed).label,
        state=row.state,
        state_words=State(row.state).label,
        title=title,
        entry=row.entry,
        kind=kind,
        day=date.fromisoformat(kept["traded_on"]) if kept.get("traded_on") else None,
        instrument=kept.get("instrument"),
        name=one.name if one is not None else "",
        **{name: _decimal(kept.get(name)) for name in ("quantity", "price", "amount", "fees", "taxes")},
        currency=currency,
        settles_in=kept.get("settlement_currency") or currency,
        rest=tuple(_rest(kept, instruments)),
        fields=kept,
        note=row.note,
        author=called(row.author),
        suggested_at=row.suggested_at,
        decided_by=called(row.decided_by) if row.decided_by is not None else "",
        decided_at=row.decided_at,
        reason=row.reason,
        recorded=row.recorded,
        own=row.author_id == user.pk,
        decides=decides,
    )


def _rest(kept: Mapping[str, Any], instruments: Mapping[int, Instrument]) -> Iterable[tuple[str, str]]:
    for name, value in kept.items():
        if name in _OWN_LINE or value in (None, "", []):
            continue
        if name == "legs":
            text = ", ".join(str(instruments.get(leg.get("instrument"), "?")) for leg in value)
        elif name == "lots":
            text = f"{len(value)} named"
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield name.replace("_", " ").capitalize(), text


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def get_suggestion(user: Any, pk: int) -> Suggestion:
    """Raises SuggestionNotFound, also where it is in a portfolio of somebody else's."""
    rows = Suggestion.objects.visible_to(user).select_related("portfolio__owner", "author", "decided_by")
    found: Suggestion | None = rows.filter(pk=pk).first()
    if found is None:
        raise SuggestionNotFound("There is no such suggestion.").of("suggestion", pk)
    return found


def open_count(portfolio: Portfolio) -> int:
    """One query."""
    return int(Suggestion.objects.filter(portfolio=portfolio, state=State.OPEN).count())
