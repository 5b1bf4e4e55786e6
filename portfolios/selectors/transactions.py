"""Lists of entries: filtered, searched, paged by key, grouped by month.

Notes and amounts are sealed, so a search over text opens the entries that meet the other conditions, one by one; instruments
are found in the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from market.models import Instrument
from portfolio_site.kernel.decimals import plain
from portfolios.choices import TransactionKind
from portfolios.kinds import RULES
from portfolios.models import Portfolio, Transaction
from portfolios.querysets import TransactionQuerySet
from portfolios.roles import Action
from portfolios.selectors.access import may_write_in
from portfolios.selectors.ledger import cash_moves, cash_worth, event_of, with_legs
from portfolios.selectors.loading import keys_with_text, rows_of
from portfolios.selectors.rows import Entry, Row, legs_of
from portfolios.selectors.shapes import InstrumentView, MonthGroup, TransactionFilter, TransactionRow, TransactionsPage
from portfolios.selectors.sides import paid_while_short
from portfolios.tags import tag_key
from portfolios.transfers.legs import other_sides

PAGE = 50
HAND, IMPORT = "hand", "import"
_FEW = 500  # keys that stand in a query by themselves; more are handed over as one value


def transactions_of(user: Any, conditions: TransactionFilter | None = None, *, cursor: str = "", page_size: int = PAGE) -> TransactionsPage:
    """One page of a person's entries, newest first, by month.

    cursor  as an earlier page gave it (`older` or `newer`); anything else means the first page
    Five queries, four without a condition, one more with an instrument, three with a search, one more where voided entries or transfers
    between portfolios are shown, two where spin-offs and the like are, whatever the number of entries.
    """
    conditions = conditions or TransactionFilter()
    portfolios = {one.pk: one for one in _listed_portfolios(user, conditions.portfolio_ids)}
    everything = Transaction.objects.filter(portfolio__in=portfolios)
    found = matching(everything, conditions)
    number = found.count()
    in_all = number if replace(conditions, portfolio_ids=()) == TransactionFilter() else _live_of(everything, conditions).count()
    page = page_by_key(found, cursor, page_size)
    sides = other_sides(page.rows, portfolios)
    counted = _of_months(found, page.rows)
    short = paid_while_short([*page.rows, *counted])
    shown = [row_of(row, portfolios[row.portfolio_id], sides.get(row.entry, ""), short=row.pk in short) for row in _replaced_marked(page.rows)]
    sums = _month_sums(counted, portfolios, short)
    by_month = groupby(shown, key=lambda row: row.traded_on.replace(day=1))
    months = tuple(MonthGroup(month, tuple(entries), sums.get(month, ())) for month, entries in by_month)
    return TransactionsPage(
        months=months,
        shown=len(shown),
        matching=number,
        total=in_all,
        older=page.onward,
        newer=page.back,
        filter=conditions,
    )


def _live_of(entries: TransactionQuerySet, conditions: TransactionFilter) -> TransactionQuerySet:
    """All that counts in the portfolios that were asked for, in all where none was."""
    return entries.live().filter(portfolio__in=conditions.portfolio_ids) if conditions.portfolio_ids else entries.live()


def _listed_portfolios(user: Any, asked: Sequence[int]) -> QuerySet[Portfolio]:
    """A person's own portfolios, and of those shared with them the ones that are asked for.  One query."""
    own = Portfolio.objects.owned_by(user)
    found: QuerySet[Portfolio] = own | Portfolio.objects.visible_to(user).filter(pk__in=asked) if asked else own
    return found.with_role(user)  # type: ignore[attr-defined, no-any-return]


def matching(entries: TransactionQuerySet, conditions: TransactionFilter) -> TransactionQuerySet:
    """The entries that meet the conditions.  An instrument costs one query at once, a symbol two, a search three; the rest none yet."""
    found = entries if conditions.with_voided else entries.live()
    if conditions.portfolio_ids:
        found = found.filter(portfolio__in=conditions.portfolio_ids)
    if conditions.kinds:
        found = found.filter(kind__in=conditions.kinds)
    if conditions.start is not None:
        found = found.filter(traded_on__gte=conditions.start)
    if conditions.end is not None:
        found = found.filter(traded_on__lte=conditions.end)
    if conditions.source == HAND:
        found = found.filter(source="")
    elif conditions.source == IMPORT:
        found = found.exclude(source="")
    if conditions.tag.strip():
        found = found.filter(tag_keys__contains=f" {tag_key(conditions.tag)} ")
    if conditions.instrument_id is not None:
        found = found.filter(_about(found, [conditions.instrument_id]))
    if conditions.symbol.strip():
        meant = _standing_in(found).filter(symbol__iexact=conditions.symbol.strip())
        found = found.filter(_about(found, list(meant.values_list("pk", flat=True))))
    return _searched(found, conditions.text.strip()) if conditions.text.strip() else found


def _searched(found: TransactionQuerySet, text: str) -> TransactionQuerySet:
    wanted = text.casefold()
    named = list(_standing_in(found).matching(text).values_list("pk", flat=True))
    others = found.exclude(instrument__in=named) if named else found
    return found.filter(_about(found, named) | _among(keys_with_text(others, wanted)))


def _standing_in(entries: TransactionQuerySet) -> Any:
    """The instruments of the entries and of their legs, each looked up by its key: a long ledger is not read for them."""
    bare = entries.order_by()
    return Instrument.objects.filter(Exists(bare.filter(instrument=OuterRef("pk"))) | Exists(bare.filter(legs__instrument=OuterRef("pk"))))


def _about(entries: TransactionQuerySet, instruments: list[int]) -> Q:
    """Entries in which one of the instruments stands, also as what other units became.  One query.

    Few instruments are a target of anything; the entries of the others come in the order of their index, as by a plain condition.
    """
    if not instruments:
        return Q(pk__in=[])
    became = list(entries.order_by().filter(legs__instrument__in=instruments).values_list("pk", flat=True).distinct())
    own = Q(instrument__in=instruments)
    return own | _among(became) if became else own


def _among(keys: list[int]) -> Q:
    """Rows with these keys, however many: a database takes only so many values in one query."""
    if len(keys) <= _FEW:
        return Q(pk__in=keys)
    if connection.vendor == "postgresql":
        return Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [keys]))
    return Q(pk__in=RawSQL("SELECT value FROM json_each(%s)", [json.dumps(keys)]))


# ── pages by key ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Entries in the order asked for, and the cursors to either side ("" where there is nothing)."""

    rows: list[Transaction]
    onward: str
    back: str


ORDERINGS = ("-date", "date", "-id", "id")
_KEYS = {"date": ("traded_on", "pk"), "id": ("pk",)}


def page_by_key(found: TransactionQuerySet, cursor: str, size: int, ordering: str = "-date") -> KeyPage:
    """One page of entries with their instruments.  One query, two where there are spin-offs and the like.  A cursor that is none means the first page."""
    descending, keys = ordering.startswith("-"), _KEYS[ordering.removeprefix("-")]
    place = _read_cursor(cursor)
    backwards = place is not None and place[0] == "b"
    falling = descending != backwards
    found = found.select_related("instrument").order_by(*(f"-{key}" if falling else key for key in keys))
    if place is not None:
        found = found.filter(_beyond(keys, place[1], place[2], falling=falling))
    rows = with_legs(found[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return KeyPage([], "", "")
    onward = _cursor("o", rows[-1]) if more or backwards else ""
    back = _cursor("b", rows[0]) if (more if backwards else place is not None) else ""
    return KeyPage(rows, onward, back)


def _beyond(keys: tuple[str, ...], day: date, pk: int, *, falling: bool) -> Q:
    way = "lt" if falling else "gt"
    if keys == ("pk",):
        return Q(**{f"pk__{way}": pk})
    return Q(**{f"traded_on__{way}": day}) | Q(**{"traded_on": day, f"pk__{way}": pk})


def _cursor(way: str, row: Transaction) -> str:
    return f"{way}{row.traded_on:%Y%m%d}-{row.pk}"


def is_cursor(text: str) -> bool:
    """Whether a list could have given it."""
    return _read_cursor(text) is not None


def _read_cursor(cursor: str) -> tuple[str, date, int] | None:
    """Which way ("o" on, "b" back), and the entry beyond which the page starts."""
    found = re.fullmatch(r"([ob])(\d{4})(\d{2})(\d{2})-(\d{1,18})", cursor, re.ASCII)
    if found is None:
        return None
    way, year, month, day, number = found.groups()
    try:
        return way, date(int(year), int(month), int(day)), int(number)
    except ValueError:
        return None


# ── rows as shown ───────────────────────────────────────────────────────────


def _replaced_marked(rows: Sequence[Transaction]) -> Sequence[Transaction]:
    """Sets `was_replaced` on voided rows whose place another version took.  One query where there are any."""
    voided = [row.pk for row in rows if row.voided_at is not None]
    replaced = set(Transaction.objects.filter(replaces__in=voided).values_list("replaces_id", flat=True)) if voided else set()
    for row in rows:
        row.was_replaced = row.pk in replaced  # type: ignore[attr-defined]
    return rows


def row_of(row: Transaction, portfolio: Portfolio, other_side: str = "", *, short: bool = False) -> TransactionRow:
    """One entry as lists show it; `short` as in rows.cash_moves.  No query where its instrument is loaded."""
    moves, in_base = _cash_of(row, short=short)
    ratio = f"{plain(row.ratio_new)}:{plain(row.ratio_old)}" if row.ratio_new is not None and row.ratio_old is not None else ""
    return TransactionRow(
        id=row.entry,
        portfolio_id=portfolio.pk,
        portfolio_name=portfolio.name,
        may_write=may_write_in([portfolio]),
        may_suggest=portfolio.may[Action.SUGGEST.name.lower()],
        kind=row.kind,
        kind_label=str(TransactionKind(row.kind).label),
        traded_on=row.traded_on,
        traded_at=row.traded_at,
        instrument=InstrumentView.of(row.instrument) if row.instrument is not None else None,
        quantity=row.quantity,
        price=row.price,
        currency=row.currency,
        fees=row.fees,
        taxes=row.taxes,
        settlement_currency=row.settles_in,
        cash=moves[0][1] if moves else None,
        cash_base=in_base,
        base_currency=portfolio.base_currency,
        fx_rate=row.fx_rate,
        ratio=ratio,
        notes=row.notes,
        source=row.source,
        is_voided=row.voided_at is not None,
        is_edited=row.origin_id is not None,
        replaced=getattr(row, "was_replaced", False),
        recorded_at=row.recorded_at,
        batch_id=row.batch_id,
        other_side=other_side or _became(row),
        is_locked=portfolio.locked_until is not None and row.traded_on <= portfolio.locked_until,
        moves=moves,
        costs_currency=row.costs_currency or row.settles_in,
        reinvested=row.reinvested_quantity,
    )


def _became(row: Transaction) -> str:
    """What the units of a merger, spin-off or change of symbol became: “Into NEW 1:4, CASHCO”."""
    said = [
        leg.instrument.symbol + ("" if leg.ratio_new == leg.ratio_old else f" {plain(leg.ratio_new)}:{plain(leg.ratio_old)}") for leg in legs_of(row)
    ]
    return f"Into {', '.join(said)}" if said else ""


def _cash_of(row: Entry, *, short: bool) -> tuple[tuple[tuple[str, Decimal], ...], Decimal | None]:
    """The effect on cash by currency, that of the settlement first, and in base; nothing for entries that move no cash."""
    event = event_of(row)
    moves = tuple((str(move.currency), move.amount) for move in cash_moves(event, short=short))
    if not any(amount for _, amount in moves) and not RULES[row.kind].direction:
        return (), None
    return moves, cash_worth(event, short=short)


def _of_months(found: TransactionQuerySet, shown: Sequence[Transaction]) -> list[Row]:
    """What counts of the whole of each month shown, also on other pages.  One query."""
    if not shown:
        return []
    first, last = shown[-1].traded_on.replace(day=1), shown[0].traded_on.replace(day=1)
    after = (last.replace(day=28) + timedelta(days=4)).replace(day=1)
    return rows_of(found.live().filter(traded_on__gte=first, traded_on__lt=after).order_by())


def _month_sums(counted: Iterable[Row], portfolios: dict[int, Portfolio], short: Container[int]) -> dict[date, tuple[tuple[str, Decimal], ...]]:
    """The cash effect of each month, by base currency."""
    sums: dict[date, dict[str, Decimal]] = {}
    for row in counted:
        portfolio = portfolios[row.portfolio_id]
        _, amount = _cash_of(row, short=row.pk in short)
        if amount is not None:
            month = sums.setdefault(row.traded_on.replace(day=1), {})
            month[portfolio.base_currency] = month.get(portfolio.base_currency, Decimal(0)) + amount
    return {month: tuple(sorted(by.items())) for month, by in sums.items()}


def instruments_in(user: Any, portfolio_ids: Iterable[int] = ()) -> list[Instrument]:
    """The instruments that stand in a person's own entries, or in those of portfolios that they see, for choosing one in a filter.  One query."""
    entries = Transaction.objects.visible_to(user)
    chosen = list(portfolio_ids)
    entries = entries.filter(portfolio__in=chosen) if chosen else entries.filter(portfolio__owner=user)
    return list(_standing_in(entries).order_by("symbol"))
