"""Entering a statement, and putting right what it shows.  A correction is an entry like any other: it can be seen and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.services import record_audit
from market.errors import MissingRate
from market.models import Instrument
from market.selectors import price_on
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.decimals import EXACT, NotExact, exact, plain, rounded
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid, NotFound
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolios.choices import TransactionKind
from portfolios.errors import TransactionNotFound
from portfolios.models import ActionProposal, Portfolio, Reconciliation, Transaction
from portfolios.reconciling.causes import Cause
from portfolios.reconciling.changing import recosted, settled, turned
from portfolios.reconciling.selectors import comparison_of, get_reconciliation
from portfolios.reconciling.shapes import Line
from portfolios.roles import Action
from portfolios.selectors import books_of, get_transaction
from portfolios.selectors.access import require
from portfolios.services import (
    Impact,
    TransactionDraft,
    draft_of,
    edit_transaction,
    edited,
    impact_of_changes,
    only_writer,
    record_many,
    record_transaction,
    restore_transaction,
    take_back_edit,
    turn_transfer,
    void_many,
)
from portfolios.services.drafts import checked
from portfolios.transfers.services import preview_turn

ADJUST = "adjust"
FIXES = (ADJUST, "split", "void", "restore", "turn", "amount", "costs")
EDITS = ("turn", "amount", "costs")  # another version takes the place of the entry
MOST_LINES = 5000
MOST_UNDONE = 100  # entries of one correction that are taken back at once
_MOVED_ON = "This difference is not there any more. Look at the comparison again."


def reconcile(
    actor: Any, portfolio: Portfolio, *, day: date, positions: Sequence[tuple[Instrument, Decimal]] = (), cash: Mapping[str, Decimal] | None = None
) -> Reconciliation:
    """Keep what a statement says was there at the end of a day, to be compared with the ledger whenever it is looked at.

    positions  units by instrument; those of several lines of one instrument are added up
    cash       balances by currency
    A part that is empty is not compared.  Raises Invalid by field.
    """
    require(actor, portfolio, Action.WRITE)
    errors = _day_errors(day)
    units: dict[int, Decimal] = {}
    for number, (instrument, quantity) in enumerate(positions):
        if instrument.owner_id not in (None, portfolio.owner_id):
            errors.append(FieldError(f"positions.{number}.instrument", "not_found", "There is no such instrument."))
        units[instrument.pk] = EXACT.add(units.get(instrument.pk, Decimal(0)), _exact(quantity, f"positions.{number}.quantity", errors))
    amounts: dict[str, Decimal] = {}
    for number, (code, amount) in enumerate((cash or {}).items()):
        try:
            amounts[str(Currency(code))] = _exact(amount, f"cash.{number}.amount", errors)
        except UnknownCurrency as problem:
            errors.append(FieldError(f"cash.{number}.currency", "unknown_currency", str(problem)))
    if not positions and not cash:
        errors.append(FieldError("positions", "required", "Enter what the statement says: at least one holding, or the cash of one currency."))
    elif len(positions) > MOST_LINES:
        errors.append(FieldError("positions", "too_many", f"At most {MOST_LINES} holdings are compared at once."))
    elif not positions and not portfolio.tracks_cash:
        errors.append(FieldError("cash", "not_allowed", "This portfolio keeps no account of cash: there is nothing to compare it with."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)
    with transaction.atomic():
        made: Reconciliation = Reconciliation.objects.create(
            portfolio=portfolio,
            day=day,
            positions=[{"instrument": pk, "quantity": plain(quantity)} for pk, quantity in units.items()],
            cash=[{"currency": code, "amount": plain(amount)} for code, amount in amounts.items()],
            created_by=actor,
        )
        record_audit(
            actor, "portfolio.reconciled", subject=portfolio.owner_id, object_type="portfolio", object_id=portfolio.pk, reconciliation=made.pk
        )
    return made


def _day_errors(day: date) -> list[FieldError]:
    if day > timezone.localdate():
        return [FieldError("day", "future_date", "The statement cannot be of a day to come.")]
    if day < EARLIEST:
        return [FieldError("day", "too_early", f"{day.isoformat()} is before {EARLIEST.year}. Check the year.")]
    return []


def _exact(value: Decimal, field: str, errors: list[FieldError]) -> Decimal:
    try:
        return exact(value)
    except NotExact as problem:
        errors.append(FieldError(field, "invalid", str(problem)))
        return Decimal(0)


def discard_reconciliation(actor: Any, statement: Reconciliation) -> None:
    """Forget a statement.  The ledger stays as it is."""
    require(actor, statement.portfolio, Action.WRITE)
    with transaction.atomic():
        portfolio = statement.portfolio
        record_audit(
            actor,
            "reconciliation.discarded",
            subject=portfolio.owner_id,
            object_type="portfolio",
            object_id=portfolio.pk,
            reconciliation=statement.pk,
        )
        statement.delete()


# ── putting right ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Correction:
    """What was done: the entries, by number, and whether they were taken out of the ledger (else they were recorded, or edited).

    versions  of edited ones: the keys of the versions that were made
    """

    fix: str
    entries: tuple[int, ...]
    versions: tuple[int, ...] = ()

    @property
    def voided(self) -> bool:
        return self.fix == "void"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a correction would write: entries that are recorded, brought back, taken out, or edited (with their changes); or a transfer turned."""

    drafts: tuple[TransactionDraft, ...] = ()
    restores: tuple[Transaction, ...] = ()
    voids: tuple[Transaction, ...] = ()
    edits: tuple[tuple[Transaction, dict[str, Any]], ...] = ()
    turned: Transaction | None = None  # one side of a transfer that goes the other way


def correct_difference(actor: Any, statement: Reconciliation, *, key: str, fix: str, entry: int | None = None) -> Correction:
    """Do what makes one line agree.

    key    of the line ("i12", "cEUR")
    fix    "adjust" records what is missing as an adjustment; the others do what a likely cause of the line offers
    entry  the first entry of that cause, where several causes offer the same

    Raises Conflict where the line agrees by now or no cause offers this; what the ledger refuses.
    """
    with only_writer(statement.portfolio, by=actor) as locked:
        plan = _planned(locked, statement, key, fix, entry)
        if plan.turned is not None:
            side = turn_transfer(actor, plan.turned)
            return Correction(fix, (side.entry,), (side.pk,))
        if plan.edits:
            made = [edit_transaction(actor, row, **changes) for row, changes in plan.edits]
            return Correction(fix, tuple(row.entry for row in made), tuple(row.pk for row in made))
        if plan.restores:
            return Correction(fix, tuple(restore_transaction(actor, row).entry for row in plan.restores))
        if plan.voids:
            void_many(actor, locked, plan.voids)
            return Correction(fix, tuple(row.entry for row in plan.voids))
        rows = record_many(actor, locked, plan.drafts) if len(plan.drafts) > 1 else [_record(actor, locked, plan.drafts[0])]
        return Correction(fix, tuple(row.entry for row in rows))


def preview_correction(actor: Any, statement: Reconciliation, *, key: str, fix: str, entry: int | None = None) -> Impact:
    """What the correction would do to holdings, balances and later sales, or why it would be refused.  Nothing is written.

    Raises NotFound, Conflict and Invalid as correct_difference, where it is not on offer.
    """
    portfolio = statement.portfolio
    plan = _planned(portfolio, statement, key, fix, entry)
    if plan.turned is not None:
        return preview_turn(actor, plan.turned)
    drafts = [*plan.drafts, *(draft_of(row) for row in plan.restores), *(edited(row, changes)[0] for row, changes in plan.edits)]
    try:
        come = checked(portfolio, drafts, actor=actor, rows=False) if drafts else []
    except (Invalid, MissingRate) as refused:
        return Impact(portfolio.base_currency, problem=refused.detail)
    for row, old in zip(come[len(plan.drafts) :], [*plan.restores, *(row for row, _ in plan.edits)], strict=True):
        row.origin_id = old.entry
    return impact_of_changes(portfolio, come, [*plan.voids, *(row for row, _ in plan.edits)])


def _planned(portfolio: Portfolio, statement: Reconciliation, key: str, fix: str, entry: int | None) -> _Plan:
    if fix not in FIXES:
        raise Invalid(f"Use one of: {', '.join(FIXES)}.", errors=[FieldError("fix", "invalid", f"Use one of: {', '.join(FIXES)}.")])
    line = comparison_of(get_reconciliation(portfolio, statement.pk)).line(key)
    if line is None:
        raise NotFound("The statement has no such line.")
    if line.agrees:
        raise Conflict(_MOVED_ON)
    if fix == ADJUST:
        return _Plan(drafts=(_adjustment(portfolio, statement.day, line),))
    cause = next((one.cause for one in line.causes if one.fix == fix and entry in (None, *one.cause.entries[:1])), None)
    if cause is None:
        raise Conflict(_MOVED_ON)
    return _offered(portfolio, line, cause)


def _offered(portfolio: Portfolio, line: Line, cause: Cause) -> _Plan:
    if cause.fix == "split":
        assert line.instrument is not None
        instrument = Instrument.objects.get(pk=line.instrument.id)
        waiting = {one.action_id: one for one in ActionProposal.objects.filter(portfolio=portfolio, action__in=[one.action for one in cause.splits])}
        drafts = (
            TransactionDraft(
                kind=TransactionKind.SPLIT,
                traded_on=one.day,
                instrument=instrument,
                ratio_new=one.new,
                ratio_old=one.old,
                notes="From a statement.",
                proposal=waiting.get(one.action),  # settled by it, so that it is not applied again
            )
            for one in cause.splits
        )
        return _Plan(drafts=tuple(drafts))
    rows = tuple(get_transaction(portfolio.owner, number, with_voided=cause.fix == "restore") for number in cause.entries)
    if cause.fix == "restore":
        return _Plan(restores=rows)
    if cause.fix == "turn":
        if rows[0].link is not None:
            return _Plan(turned=rows[0])
        return _Plan(edits=tuple((row, turned(row)) for row in rows))
    if cause.fix == "amount":
        return _Plan(edits=tuple((row, settled(row, line.currency, cause.amount or Decimal(0))) for row in rows))
    if cause.fix == "costs":
        return _Plan(edits=tuple((row, recosted(row, line.currency, cause.amount or Decimal(0))) for row in rows))
    return _Plan(voids=rows)


def _record(actor: Any, portfolio: Portfolio, draft: TransactionDraft) -> Transaction:
    return record_transaction(actor, portfolio, **{one.name: getattr(draft, one.name) for one in fields(draft)})


def _adjustment(portfolio: Portfolio, day: date, line: Line) -> TransactionDraft:
    """An adjustment by the difference, at the end of the statement's day."""
    notes = f"Adjusted to the statement of {day.day} {day:%b %Y}."
    if line.instrument is None:
        code = line.currency
        return TransactionDraft(
            kind=TransactionKind.ADJUSTMENT, traded_on=day, amount=line.difference, currency=code, settlement_currency=code, notes=notes
        )
    instrument = Instrument.objects.get(pk=line.instrument.id)
    price = _unit_cost(portfolio, instrument, day) if line.difference > 0 else None
    return TransactionDraft(kind=TransactionKind.ADJUSTMENT, traded_on=day, instrument=instrument, quantity=line.difference, price=price, notes=notes)


def _unit_cost(portfolio: Portfolio, instrument: Instrument, day: date) -> Decimal:
    """What one unit that turns up is taken to have cost: as those held then; else the close of that day; else nothing."""
    position = books_of([portfolio], until=day)[portfolio.pk].positions.get(instrument.pk)
    average = None if position is None else position.average_cost_local
    if average is not None and average > 0:
        return rounded(EXACT.divide(average, instrument.price_factor))
    close = price_on(instrument.pk, day)
    return Decimal(0) if close is None else close.close


def undo_correction(actor: Any, statement: Reconciliation, correction: Correction) -> None:
    """Take a correction back: what was recorded or restored is voided, what was voided counts again, what was edited is as it was.

    All of it or nothing.
    Raises NotFound where an entry is not of this portfolio; Conflict where it changed since; what the ledger refuses.
    """
    with only_writer(statement.portfolio, by=actor) as locked:
        rows = [get_transaction(locked.owner, number, with_voided=correction.voided) for number in correction.entries]
        if any(row.portfolio_id != locked.pk for row in rows):
            raise TransactionNotFound("There is no such transaction.")
        if correction.fix in EDITS:
            if {row.pk for row in rows} != set(correction.versions):
                raise Conflict("This entry was changed since. Look at it again.")
            for row in rows:
                take_back_edit(actor, row)
            return
        if not correction.voided:
            void_many(actor, locked, rows)
        for row in rows if correction.voided else ():
            restore_transaction(actor, row)
