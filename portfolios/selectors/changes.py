"""Why a figure changed between two moments of knowledge: the entries recorded and voided in between, and what each of them did.

The ledger is replayed as it was known at both moments and after each write in between, under the rules of now.  So the effects add
up to the difference of the figures, to the last decimal (`portfolios.ledger.effects`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from market.models import Instrument
from portfolio_site.kernel.decimals import plain
from portfolios.choices import TransactionKind
from portfolios.ledger.effects import NOTHING, Change, Effect, Figures, effects_of
from portfolios.ledger.events import Event
from portfolios.ledger.links import instrument_ids_of
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.ledger import connected_to, event_of, rules_of, with_legs
from portfolios.selectors.shapes import InstrumentView

RECORDED, EDITED, VOIDED, RESTORED = "recorded", "edited", "voided", "restored"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an entry, before and after.  `form` says how it reads: units, money, price, rate, day or text."""

    name: str
    label: str
    form: str
    before: Any
    after: Any
    currency_before: str = ""
    currency_after: str = ""


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What a change did to the figures of one instrument; None: to income and expenses of none."""

    instrument: InstrumentView | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One write.  Of a voided entry, day, kind and instrument are those that it had; of others, those that it has since.

    with_next  the ledger does not stand without the next change: for some instruments the effect of both is told there
    """

    what: str  # "recorded", "edited", "voided" or "restored"
    at: datetime
    entry: int
    kind: str
    kind_label: str
    day: date
    instrument: InstrumentView | None
    fields: tuple[FieldChange, ...]
    effects: tuple[EffectRow, ...]
    with_next: bool


@dataclass(frozen=True, slots=True)
class TotalRow:
    """The figures of one instrument as known then and later, and what they differ by: the sum of all effects.

    Of what belongs to no instrument only the difference is told: `before` and `after` are None.
    """

    instrument: InstrumentView | None
    before: Figures | None
    after: Figures | None
    change: Figures


@dataclass(frozen=True, slots=True)
class Changes:
    """What was recorded and voided after `known_from` and up to `known_to`, oldest first.  Money is in the base currency.

    until    figures and entries up to this day alone; None: all
    problem  why the effects cannot be told; the changes are
    """

    portfolio_id: int
    currency: str
    known_from: datetime
    known_to: datetime
    until: date | None
    instrument: InstrumentView | None
    changes: tuple[EntryChange, ...]
    totals: tuple[TotalRow, ...]
    problem: str = ""


def changes_between(
    portfolio: Portfolio, known_from: datetime, known_to: datetime, *, until: date | None = None, instrument: Instrument | None = None
) -> Changes:
    """What was written between two moments, and what each write did to units, cost and gains.

    until       as the figures of a report of an earlier day changed: entries after it are left out
    instrument  only what touches it, also through spin-offs and the like; totals and effects are its own
    Eight queries at most, however much was written.
    """
    written = _written(portfolio, known_from, known_to, until)
    group = connected_to([portfolio.pk], [instrument.pk]) if instrument is not None else None
    writes = [write for write in _writes(written, known_from, known_to) if group is None or write.touches(group)]
    touched = {pk for write in writes for pk in write.instruments}
    before = _known_before(portfolio, known_from, until, connected_to([portfolio.pk], touched) if touched else set(), writes)
    steps = [Change(write.out, tuple(event for event in write.into if until is None or event.day <= until)) for write in writes]
    told = effects_of(before, steps, rules_of(portfolio))
    views = _views({pk for table in (told.before, told.after) for pk in table if pk is not None} | touched, written)
    mine = None if instrument is None else instrument.pk
    return Changes(
        portfolio_id=portfolio.pk,
        currency=portfolio.base_currency,
        known_from=known_from,
        known_to=known_to,
        until=until,
        instrument=None if instrument is None else InstrumentView.of(instrument),
        changes=tuple(_shown(write, effect, views, mine) for write, effect in zip(writes, told.effects, strict=True)),
        totals=_totals(told.before, told.after, views, mine),
        problem=told.problem,
    )


# ── reading ─────────────────────────────────────────────────────────────────


def _written(portfolio: Portfolio, known_from: datetime, known_to: datetime, until: date | None) -> list[Transaction]:
    """The versions that came or went in between, as they were written; and those that they replaced."""
    came = Q(recorded_at__gt=known_from, recorded_at__lte=known_to)
    went = Q(voided_at__gt=known_from, voided_at__lte=known_to)
    found = Transaction.objects.filter(came | went, portfolio=portfolio).select_related("instrument")
    rows = with_legs(found.order_by("recorded_at", "pk"))
    if until is None:
        return rows
    near = {row.entry for row in rows if row.traded_on <= until}
    return [row for row in rows if row.entry in near]


def _known_before(portfolio: Portfolio, known_from: datetime, until: date | None, group: set[int], writes: Sequence[_Write]) -> dict[int, Event]:
    """The events that counted before, of the instruments of the group; of no instrument, only those that go."""
    rows: list[Transaction] = []
    if group:
        found = Transaction.objects.filter(portfolio=portfolio, instrument__in=group).known_at(known_from).with_price_factor()
        rows = with_legs(found if until is None else found.filter(traded_on__lte=until))
    loose = [write.old for write in writes if write.old is not None and write.old.instrument_id is None and write.old.recorded_at <= known_from]
    rows += [row for row in loose if until is None or row.traded_on <= until]
    return {row.entry: event_of(row) for row in rows}


def _views(wanted: Iterable[int], rows: Iterable[Transaction]) -> dict[int, InstrumentView]:
    known = {row.instrument.pk: InstrumentView.of(row.instrument) for row in rows if row.instrument is not None}
    missing = set(wanted) - known.keys()
    if missing:
        known.update((one.pk, InstrumentView.of(one)) for one in Instrument.objects.filter(pk__in=missing))
    return known


# ── writes ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Write:
    """One entry at one instant: the version that went, the one that came, and what they are to the ledger."""

    what: str
    at: datetime
    old: Transaction | None
    new: Transaction | None
    gone: Event | None = None
    come: Event | None = None

    @classmethod
    def of(cls, what: str, at: datetime, old: Transaction | None, new: Transaction | None) -> _Write:
        return cls(what, at, old, new, None if old is None else event_of(old), None if new is None else event_of(new))

    @property
    def row(self) -> Transaction:
        row = self.new if self.new is not None else self.old
        assert row is not None
        return row

    @property
    def out(self) -> tuple[int, ...]:
        return () if self.old is None else (self.old.entry,)

    @property
    def into(self) -> tuple[Event, ...]:
        return () if self.come is None else (self.come,)

    @property
    def instruments(self) -> set[int]:
        return {pk for event in (self.gone, self.come) if event is not None for pk in instrument_ids_of(event)}

    def touches(self, group: set[int]) -> bool:
        return bool(self.instruments & group)


def _writes(rows: Sequence[Transaction], known_from: datetime, known_to: datetime) -> list[_Write]:
    """The writes in their order.  A version that replaces another at the instant at which that one went is an edit."""
    by_key = {row.pk: row for row in rows}
    found: list[_Write] = []
    replaced: set[int] = set()
    for row in rows:
        if not known_from < row.recorded_at <= known_to:
            continue
        old = by_key.get(row.replaces_id) if row.replaces_id is not None else None
        if old is not None and old.voided_at == row.recorded_at:
            replaced.add(old.pk)
            found.append(_Write.of(EDITED, row.recorded_at, old, row))
        else:
            found.append(_Write.of(RECORDED if row.origin_id is None else RESTORED, row.recorded_at, None, row))
    for row in rows:
        if row.pk not in replaced and row.voided_at is not None and known_from < row.voided_at <= known_to:
            found.append(_Write.of(VOIDED, row.voided_at, row, None))
    return sorted(found, key=lambda write: (write.at, write.row.entry))


# ── as shown ────────────────────────────────────────────────────────────────

_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("kind", "Type", "text"),
    ("traded_on", "Date", "day"),
    ("settles_on", "Settles on", "day"),
    ("instrument", "Instrument", "text"),
    ("quantity", "Units", "units"),
    ("price", "Price", "price"),
    ("amount", "Amount", "money"),
    ("fees", "Fee", "money"),
    ("taxes", "Tax", "money"),
    ("accrued", "Accrued interest", "money"),
    ("given_amount", "Given", "money"),
    ("reinvested_quantity", "Units bought", "units"),
    ("currency", "Currency", "text"),
    ("settlement_currency", "Settled in", "text"),
    ("fx_rate", "Exchange rate", "rate"),
    ("costs_currency", "Costs in", "text"),
    ("costs_rate", "Rate of the costs", "rate"),
    ("ratio", "Ratio", "text"),
    ("acquired_on", "Bought on", "day"),
    ("method", "Cost method", "text"),
    ("legs", "Legs", "text"),
    ("lots", "Lots", "text"),
    ("notes", "Note", "text"),
)


def _value(row: Transaction, name: str) -> Any:
    """One field, as it is compared and told."""
    if name == "kind":
        return str(TransactionKind(row.kind).label)
    if name == "instrument":
        return "" if row.instrument is None else f"{row.instrument.symbol} · {row.instrument.name}"
    if name == "ratio":
        return "" if row.ratio_new is None or row.ratio_old is None else f"{plain(row.ratio_new)}:{plain(row.ratio_old)}"
    if name == "legs":
        legs = getattr(event_of(row), "legs", ())
        return ", ".join(f"{plain(leg.ratio_new)}:{plain(leg.ratio_old)} of {leg.instrument}" for leg in legs)
    if name == "lots":
        return f"{len(row.lots)} named" if row.lots else ""
    return getattr(row, name)


def _fields(old: Transaction, new: Transaction) -> tuple[FieldChange, ...]:
    found = []
    for name, label, form in _FIELDS:
        before, after = _value(old, name), _value(new, name)
        if (before or None) == (after or None):
            continue
        codes = [row.currency if form == "price" else row.settles_in for row in (old, new)]
        found.append(FieldChange(name, label, form, before, after, codes[0], codes[1]))
    return tuple(found)


def _shown(write: _Write, effect: Effect, views: dict[int, InstrumentView], mine: int | None) -> EntryChange:
    row = write.row
    told = sorted(effect.by_instrument.items(), key=lambda item: (item[0] is None, views[item[0]].symbol if item[0] is not None else ""))
    return EntryChange(
        what=write.what,
        at=write.at,
        entry=row.entry,
        kind=row.kind,
        kind_label=str(TransactionKind(row.kind).label),
        day=row.traded_on,
        instrument=None if row.instrument_id is None else views[row.instrument_id],
        fields=_fields(write.old, write.new) if write.old is not None and write.new is not None else (),
        effects=tuple(EffectRow(None if pk is None else views[pk], figures) for pk, figures in told if mine is None or pk == mine),
        with_next=effect.with_next,
    )


def _totals(
    before: dict[int | None, Figures], after: dict[int | None, Figures], views: dict[int, InstrumentView], mine: int | None
) -> tuple[TotalRow, ...]:
    """What differs, by instrument; where one is asked for, it alone, also where nothing differs."""
    rows = []
    for pk in before.keys() | after.keys():
        old, new = before.get(pk, NOTHING), after.get(pk, NOTHING)
        if (mine is not None and pk != mine) or (mine is None and old == new):
            continue
        known = pk is not None
        rows.append(TotalRow(None if pk is None else views[pk], old if known else None, new if known else None, new.less(old)))
    return tuple(sorted(rows, key=lambda row: (row.instrument is None, row.instrument.symbol if row.instrument is not None else "")))
