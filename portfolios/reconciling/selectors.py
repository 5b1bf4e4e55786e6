"""Statements beside the ledger.  The comparison is made when it is asked for, so that it stays true as the ledger changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from market.choices import ActionKind
from market.models import Instrument
from market.selectors import ActionView, actions_of
from portfolio_site.kernel.decimals import product, rounded
from portfolio_site.kernel.money import Currency
from portfolios.choices import ProposalStatus, TransactionKind
from portfolios.errors import ReconciliationNotFound
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.links import connected, instrument_ids_of, links_of
from portfolios.models import ActionProposal, Portfolio, Reconciliation, Transaction
from portfolios.reconciling.cash_causes import Balance, CashEntry, Payment, cash_causes_of
from portfolios.reconciling.causes import NEAR, WRONG_WAY, Cause, Holding, Ratio, causes_of
from portfolios.reconciling.changing import can_recost, can_settle, can_turn
from portfolios.reconciling.comparing import Compared, Lamp, compared, lamp_of
from portfolios.reconciling.shapes import CauseView, Comparison, EntryMark, Line, Present, Summary
from portfolios.selectors import InstrumentView, book_of, connected_to, event_of, paid_while_short, rules_of
from portfolios.selectors.ledger import cash_moves, with_legs
from portfolios.transfers.legs import legs_of

ZERO = Decimal(0)
_PAID = frozenset({TransactionKind.DIVIDEND, TransactionKind.COUPON})
PAID_WITHIN = 60  # days after the ex-day in which a dividend arrives


def reconciliations_of(portfolio: Portfolio) -> QuerySet[Reconciliation]:
    """The statements of a portfolio, the newest day first."""
    found: QuerySet[Reconciliation] = Reconciliation.objects.filter(portfolio=portfolio)
    return found


def get_reconciliation(portfolio: Portfolio, pk: int) -> Reconciliation:
    """One statement of a portfolio.  Raises NotFound."""
    found: Reconciliation | None = Reconciliation.objects.filter(portfolio=portfolio, pk=pk).first()
    if found is None:
        raise ReconciliationNotFound("There is no such statement.").of("reconciliation", pk)
    found.portfolio = portfolio
    return found


# ── what the ledger says of a day ───────────────────────────────────────────


Balances = tuple[dict[int, Decimal], dict[str, Decimal]]  # units by instrument, cash by currency


def _standings(book: Book, days: Iterable[date]) -> dict[date, Balances]:
    """Units and cash at the end of each day, in one walk over the book."""
    found: dict[date, Balances] = {}
    units: dict[int, Decimal] = {}
    cash: dict[str, Decimal] = {}
    steps, cash_steps = iter(book.steps), iter(book.cash_steps)
    step, cash_step = next(steps, None), next(cash_steps, None)
    for day in sorted(set(days)):
        while step is not None and step.day <= day:
            units[step.instrument] = step.quantity_after
            step = next(steps, None)
        while cash_step is not None and cash_step.day <= day:
            cash[str(cash_step.currency)] = cash_step.amount_after
            cash_step = next(cash_steps, None)
        found[day] = (dict(units), dict(cash))
    return found


def present_of(portfolio: Portfolio, day: date) -> Present:
    """What is held at the end of a day, by name, and the balances.  One query where the book is known."""
    held, balances = _standings(book_of(portfolio), [day])[day]
    units = {pk: quantity for pk, quantity in held.items() if quantity}
    views = {one.pk: InstrumentView.of(one) for one in Instrument.objects.filter(pk__in=units)}
    positions = sorted(((views[pk], quantity) for pk, quantity in units.items()), key=lambda pair: pair[0].name.casefold())
    cash = sorted((code, amount) for code, amount in balances.items() if amount)
    if portfolio.tracks_cash and not cash:
        cash = [(portfolio.base_currency, ZERO)]
    return Present(day, tuple(positions), tuple(cash))


def _lines(portfolio: Portfolio, statement: Reconciliation, standing: Balances) -> tuple[list[Compared[int]], list[Compared[str]]]:
    units = {row["instrument"]: Decimal(row["quantity"]) for row in statement.positions}
    amounts = {row["currency"]: Decimal(row["amount"]) for row in statement.cash} if portfolio.tracks_cash else {}
    return compared(standing[0], units), compared(standing[1], amounts)


def summaries_of(portfolio: Portfolio, statements: Iterable[Reconciliation]) -> list[Summary]:
    """The statements with their lamps.  No query where the book is known, however many."""
    every = list(statements)
    standings = _standings(book_of(portfolio), (statement.day for statement in every))
    found = []
    for statement in every:
        positions, cash = _lines(portfolio, statement, standings[statement.day])
        lamps = [line.lamp for line in positions] + [line.lamp for line in cash]
        agreeing = sum(lamp is Lamp.AGREES for lamp in lamps)
        found.append(Summary(statement.pk, statement.day, statement.created_at, lamp_of(lamps), len(lamps), agreeing))
    return found


def comparison_of(statement: Reconciliation) -> Comparison:
    """A statement beside the ledger as it is now, with what each difference may come from.

    Two queries where everything agrees and the book is known; at most ten where not, however many holdings.
    """
    portfolio = statement.portfolio
    positions, cash = _lines(portfolio, statement, _standings(book_of(portfolio), [statement.day])[statement.day])
    differing = [line for line in positions if line.difference]
    unequal = [line for line in cash if line.difference]
    known = _Known.read(portfolio, statement.day, {line.key for line in differing}, {line.key for line in unequal})
    found: dict[int | str, tuple[Cause, ...]] = {holding.instrument: causes_of(holding) for holding in known.holdings(differing)}
    found |= {line.key: cash_causes_of(known.balance(line)) for line in unequal}
    known.names.update(known.beside(cause for causes in found.values() for cause in causes))
    paid = {cause.paid[0] for causes in found.values() for cause in causes if cause.paid is not None}
    views = {one.pk: InstrumentView.of(one) for one in Instrument.objects.filter(pk__in={line.key for line in positions} | paid)}
    held = [
        Line(f"i{line.key}", views[line.key], "", line.here, line.there, line.lamp, known.told(found.get(line.key, ()), views))
        for line in positions
        if line.key in views
    ]
    balances = [Line(f"c{line.key}", None, line.key, line.here, line.there, line.lamp, known.told(found.get(line.key, ()), views)) for line in cash]
    return Comparison(
        id=statement.pk,
        portfolio_id=portfolio.pk,
        day=statement.day,
        created_at=statement.created_at,
        lamp=lamp_of([*(line.lamp for line in positions), *(line.lamp for line in cash)]),
        positions=tuple(sorted(held, key=lambda line: (line.agrees, line.instrument.name.casefold() if line.instrument else ""))),
        cash=tuple(sorted(balances, key=lambda line: (line.agrees, line.currency))),
    )


# ── what is known of differences ────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Known:
    """The entries that differences may come from, with what the market reports."""

    portfolio: Portfolio
    day: date
    rows: dict[int, Transaction]  # that count, by the number of the entry
    events: dict[int, Event]
    voided: dict[int, Transaction]  # the last versions of entries that count no more
    actions: list[ActionView]
    short: set[int]  # keys of those that paid what others receive
    names: dict[int, str] = field(default_factory=dict)  # the portfolio of the other side of a transfer, by the number of the entry

    @classmethod
    def read(cls, portfolio: Portfolio, day: date, instruments: set[int], currencies: set[str]) -> _Known:
        if not instruments and not currencies:
            return cls(portfolio, day, {}, {}, {}, [], set())
        group = connected_to([portfolio.pk], instruments) if instruments else set()
        of_cash = Q(currency__in=currencies) | Q(settlement_currency__in=currencies) | Q(costs_currency__in=currencies)
        wanted = Q(instrument__in=group) | of_cash if currencies else Q(instrument__in=group)
        entries = Transaction.objects.filter(wanted, portfolio=portfolio, traded_on__lte=day + NEAR).select_related("instrument")
        rows = with_legs(entries.live().order_by("traded_on", "pk"))
        counting = {row.entry for row in rows}
        gone: dict[int, Transaction] = {}
        for row in with_legs(entries.exclude(voided_at=None).filter(replaced_by=None).order_by("pk")):
            if row.entry not in counting:
                gone[row.entry] = row
        held = {row.instrument_id for row in rows if row.instrument_id is not None} if currencies else set()
        actions = actions_of(group | held, end=day)
        short = paid_while_short([*rows, *gone.values()])
        return cls(portfolio, day, {row.entry: row for row in rows}, {row.entry: event_of(row) for row in rows}, gone, actions, short)

    def holdings(self, lines: Sequence[Compared[int]]) -> Iterator[Holding]:
        """What is known of each instrument that differs."""
        of_instrument: dict[int, list[Event]] = defaultdict(list)
        for event in self.events.values():
            for pk in instrument_ids_of(event):
                of_instrument[pk].append(event)
        links = links_of(self.events.values())
        rules, actions = rules_of(self.portfolio), _not_accepted(self.portfolio, self.actions) if lines else []
        for line in lines:
            group = sorted(connected([line.key], links))
            events = {event.id: event for pk in group for event in of_instrument[pk]}
            yield Holding(
                instrument=line.key,
                day=self.day,
                here=line.here,
                there=line.there,
                rules=rules,
                events=tuple(event for event in events.values() if event.day <= self.day),
                later=tuple(event for event in of_instrument[line.key] if event.day > self.day and getattr(event, "instrument", None) == line.key),
                voided=tuple(event_of(row) for row in self.voided.values() if row.instrument_id == line.key),
                bound=frozenset(number for number in events if self.rows[number].link is not None),
                settles={number: day for number in events if (day := self.rows[number].settles_on) is not None},
                reported=tuple(_ratio(one) for one in actions if one.instrument_id == line.key and one.kind == ActionKind.SPLIT and one.ratio_new),
            )

    def balance(self, line: Compared[str]) -> Balance:
        entries = [entry for row in self.rows.values() for entry in _cash_entry(row, self.events[row.entry], line.key, short=row.pk in self.short)]
        return Balance(
            currency=line.key,
            day=self.day,
            here=line.here,
            there=line.there,
            entries=tuple(entry for entry in entries if entry.day <= self.day),
            later=tuple(entry for entry in entries if entry.day > self.day),
            voided=tuple(entry for row in self.voided.values() for entry in _cash_entry(row, event_of(row), line.key, short=row.pk in self.short)),
            unpaid=tuple(self._unpaid(line.key)),
        )

    def _unpaid(self, currency: str) -> list[Payment]:
        """Dividends that the market reports, for the units held then, where no entry of the weeks after books one."""
        book = book_of(self.portfolio)
        steps: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
        for step in book.steps:
            steps[step.instrument].append((step.day, step.quantity_after))
        quoted = {row.instrument_id: row.instrument.currency for row in self.rows.values() if row.instrument is not None}
        booked = [(row.instrument_id, row.traded_on) for row in self.rows.values() if row.kind in _PAID]
        found = []
        for one in self.actions:
            if one.kind != ActionKind.DIVIDEND or one.amount is None or quoted.get(one.instrument_id) != currency:
                continue
            held = [units for day, units in steps[one.instrument_id] if day < one.ex_day][-1:]
            paid = any(pk == one.instrument_id and 0 <= (day - one.ex_day).days <= PAID_WITHIN for pk, day in booked)
            if held and held[0] > 0 and not paid:
                amount = rounded(product(held[0], one.amount), Currency(currency).decimals)
                found.append(Payment(one.instrument_id, one.ex_day, amount))
        return found

    def beside(self, causes: Iterable[Cause]) -> dict[int, str]:
        """Of transfers that may have gone the other way: the portfolio of the other side.  One query where there is one."""
        linked = {row.link: row.entry for cause in causes if cause.code == WRONG_WAY for row in self._rows(cause) if row.link is not None}
        legs = legs_of(linked) if linked else {}
        return {number: leg.portfolio.name for link, number in linked.items() for leg in legs.get(link, {}).values() if leg.entry != number}

    def _rows(self, cause: Cause) -> list[Transaction]:
        return [self.rows[number] for number in cause.entries if number in self.rows]

    def told(self, causes: Sequence[Cause], views: dict[int, InstrumentView]) -> tuple[CauseView, ...]:
        return tuple(
            CauseView(cause, tuple(self._mark(number) for number in cause.entries), views.get(cause.paid[0]) if cause.paid is not None else None)
            for cause in causes
        )

    def _mark(self, number: int) -> EntryMark:
        row = self.rows.get(number) or self.voided[number]
        return EntryMark(number, str(TransactionKind(row.kind).label), row.traded_on, row.voided_at is not None, self.names.get(number, ""))


def _not_accepted(portfolio: Portfolio, actions: list[ActionView]) -> list[ActionView]:
    """Without those that were accepted from a proposal: they are booked, on whatever day."""
    accepted = ActionProposal.objects.filter(portfolio=portfolio, status=ProposalStatus.ACCEPTED, action__in=[one.id for one in actions])
    booked = set(accepted.values_list("action", flat=True)) if actions else set()
    return [one for one in actions if one.id not in booked]


def _ratio(action: ActionView) -> Ratio:
    return Ratio(action.ex_day, action.ratio_new or Decimal(1), action.ratio_old or Decimal(1), action.id)


def _cash_entry(row: Transaction, event: Event, currency: str, *, short: bool) -> list[CashEntry]:
    """What an entry does to the balance of a currency; nothing where it does not touch it."""
    moved = [move.amount for move in cash_moves(event, short=short) if str(move.currency) == currency]
    amount = sum(moved, ZERO)
    if not amount:
        return []
    costs_here = (row.costs_currency or row.settles_in) == currency
    costs = tuple(cost for cost in (row.fees, row.taxes, (row.fees or ZERO) + (row.taxes or ZERO)) if cost) if costs_here else ()
    crossed = row.kind == TransactionKind.FX_EXCHANGE or (bool(row.settlement_currency) and row.settlement_currency != row.currency)
    entry = CashEntry(
        number=row.entry,
        kind=row.kind,
        day=row.traded_on,
        amount=amount,
        instrument=row.instrument_id,
        costs=costs,
        crossed=crossed,
        settles_on=row.settles_on,
        turns=not costs and not row.costs_currency and can_turn(row),
        settles=can_settle(row, currency),
        recosts=can_recost(row, currency),
    )
    return [entry]
