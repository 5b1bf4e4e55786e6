"""Recording, editing and voiding entries.  The ledger itself is the judge: what cannot be replayed is not written.

Every write goes one way (`_change`): lock the portfolio, read, replay the touched instruments, write, raise the revision,
rewrite the touched projections, leave an audit line, publish the news on commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import record_audit
from portfolio_site.kernel.errors import Conflict, FieldError
from portfolios.actions.recorded import split_beside
from portfolios.actions.settling import settle_proposals
from portfolios.choices import RateSource, TransactionKind
from portfolios.errors import AlreadyRecorded, AlreadyVoided, OtherSideNotYours
from portfolios.ledger.book import Book
from portfolios.lot_records import as_kept
from portfolios.models import ImportBatch, Portfolio, Transaction, TransactionLeg
from portfolios.roles import Action
from portfolios.selectors.access import allowed
from portfolios.selectors.rows import event_of, legs_of
from portfolios.services.balances import move_cash
from portfolios.services.drafts import TransactionDraft, checked
from portfolios.services.drafts.words import day_in_words
from portfolios.services.edits import draft_of, edited
from portfolios.services.judging import judge, new_events, refuse_given_away, refuse_locked
from portfolios.services.locking import only_writer
from portfolios.services.projections import write_holdings
from portfolios.services.storing import store
from portfolios.signals import ledger_changed
from portfolios.transfers.following import follow
from portfolios.transfers.legs import other_leg
from portfolios.transfers.rules import check_leaving, edit_arriving, keep_carried
from portfolios.transfers.turning import both_legs, leg_before_turning, turned_leg
from portfolios.writes import noted

ZERO = Decimal(0)
_AFTER_ALL = 1 << 62  # the place in its day of an entry that has no number yet
_KEPT = ("link", "proposal", "source", "source_key")  # where an entry comes from stays with it
_KEYS_AT_ONCE = 10_000


# ── what people do ──────────────────────────────────────────────────────────


def record_transaction(actor: Any, portfolio: Portfolio, *, batch: ImportBatch | None = None, **fields: Any) -> Transaction:
    """Book one entry: `fields` are those of TransactionDraft.

    Raises Invalid by field; Oversold, with date and quantity held, also when the entry would empty what a later sale needs.
    """
    rows = checked(portfolio, [TransactionDraft(**{**fields, "currency": fields.get("currency") or ""})], actor=actor, rows=False)
    return _change(actor, portfolio, _Change("transaction.recorded", inserts=rows, batch=batch))[0]


def record_many(
    actor: Any,
    portfolio: Portfolio,
    drafts: Iterable[TransactionDraft],
    batch: ImportBatch | None = None,
    unread: Mapping[int, Sequence[FieldError]] | None = None,
) -> list[Transaction]:
    """Book many entries, all or none, in the order given.

    unread  what could not be read of drafts, by their place: nothing is recorded then, and it is told with all else that is wrong

    Raises Invalid whose errors name row and field as "transactions.<place from 0>.<field>"; Oversold as above, with `row` in
    its data where one of the new rows is the one that fails.
    """
    rows = checked(portfolio, drafts, actor=actor, rows=True, unread=unread)
    if not rows:
        return []
    return _change(actor, portfolio, _Change("transactions.recorded", inserts=rows, batch=batch, by_row=True))


def edit_transaction(actor: Any, entry: Transaction, **changes: Any) -> Transaction:
    """Put another version of an entry in the place of this one: it is voided, and what replaces it keeps its number.

    changes  fields of TransactionDraft; what is not named stays
    A reference rate is looked up anew when the day or the currency changes; a rate of one's own stays.  An amount that was
    recorded beside quantity and price follows them when they change and it does not.
    One side of a transfer between two portfolios changes the other side with it (transfers/rules.py).
    Raises AlreadyVoided if it is no longer current; otherwise as record_transaction.
    """
    other = other_leg(entry)
    if other is not None and entry.kind == TransactionKind.TRANSFER_IN:
        return edit_arriving(actor, entry, other, changes, draft_of(entry), edit=_edit)
    if other is not None:
        check_leaving(entry, changes)
    return _edit(actor, entry, **changes)


def replace_transaction(actor: Any, entry: Transaction, draft: TransactionDraft) -> Transaction:
    """Put a wholly new version in the place of an entry, under its number.  Raises as edit_transaction."""
    if other_leg(entry) is not None:
        changes = {one.name: getattr(draft, one.name) for one in fields(draft) if one.name not in {*_KEPT, "fx_rate", "costs_rate"}}
        return edit_transaction(actor, entry, **changes)
    kept = {name: getattr(entry, name) for name in _KEPT}
    return _put(actor, entry, replace(draft, **kept))


def _edit(actor: Any, entry: Transaction, **changes: Any) -> Transaction:
    draft, keeps_rate = edited(entry, changes)
    return _put(actor, entry, draft, keeps_rate=keeps_rate)


def _put(actor: Any, entry: Transaction, draft: TransactionDraft, *, keeps_rate: bool = False) -> Transaction:
    portfolio = entry.portfolio
    row = checked(portfolio, [draft], actor=actor, rows=False)[0]
    if keeps_rate and row.fx_rate is not None:
        row.fx_source = RateSource.REFERENCE
    row.origin_id, row.replaces_id, row.batch_id, row.link = entry.entry, entry.pk, entry.batch_id, entry.link
    if entry.link is not None:
        keep_carried(row, entry)
    return _change(actor, portfolio, _Change("transaction.edited", inserts=[row], voids=[entry]))[0]


def take_back_edit(actor: Any, entry: Transaction) -> Transaction:
    """Put the version before an edit back, exactly as it was.  Raises Conflict where there is none; AlreadyVoided; what the ledger refuses."""
    if entry.link is not None:
        return _turn_back(actor, entry)
    if entry.replaces is None:
        raise Conflict("There is no earlier version of this entry to go back to.")
    return _put_back(actor, entry, entry.replaces)


def _put_back(actor: Any, entry: Transaction, before: Transaction) -> Transaction:
    row = _copy(before)
    row.origin_id, row.replaces_id = entry.entry, entry.pk
    return _change(actor, entry.portfolio, _Change("transaction.edited", inserts=[row], voids=[entry]))[0]


def turn_transfer(actor: Any, entry: Transaction) -> Transaction:
    """Let a transfer between two portfolios go the other way: both sides get another version, or neither.  That of the side given.

    What it cost is paid by the portfolio that the units leave now.
    Raises Conflict where the entry is no side of one; AlreadyVoided; what either portfolio refuses; MissingRate.
    """
    with only_writer(entry.portfolio, by=actor):
        leaving, arriving = both_legs(entry)
        row = turned_leg(actor, leaving, arriving)
        _change(actor, arriving.portfolio, _Change("transaction.edited", inserts=[row], voids=[arriving]))
        return get_current(entry)


def _turn_back(actor: Any, entry: Transaction) -> Transaction:
    with only_writer(entry.portfolio, by=actor):
        arriving, before = leg_before_turning(entry)
        _put_back(actor, arriving, before)
        return get_current(entry)


def void_transaction(actor: Any, entry: Transaction) -> None:
    """Take an entry out of the ledger; it stays in the record.

    Raises Oversold if a later sale needs it, AlreadyVoided if it is no longer current.
    """
    _change(actor, entry.portfolio, _Change("transaction.voided", voids=[entry]))


def void_many(actor: Any, portfolio: Portfolio, entries: Iterable[Transaction]) -> int:
    """Take many entries of one portfolio out, all or none.  Returns how many.  Raises as void_transaction."""
    voids = list(entries)
    if voids:
        _change(actor, portfolio, _Change("transactions.voided", voids=voids))
    return len(voids)


def restore_transaction(actor: Any, entry: Transaction) -> Transaction:
    """Undo a void: the entry is recorded again as it was, under its number.  Raises Conflict if a version of it counts."""
    if entry.voided_at is None or Transaction.objects.of_entry(entry.entry).live().exists():
        raise Conflict("This transaction counts already; there is nothing to undo.")
    if entry.proposal_id is not None and Transaction.objects.live().filter(proposal=entry.proposal_id).exists():
        raise Conflict("The same corporate action was recorded again since. Void that entry first.")
    _refuse_second_split(entry)
    other = other_leg(entry, live=False)
    if other is not None and entry.kind == TransactionKind.TRANSFER_IN:
        restore_transaction(actor, other)  # what arrives follows what leaves
        return get_current(entry)
    row = _copy(entry)
    row.origin_id, row.replaces_id = entry.entry, entry.pk
    return _change(actor, entry.portfolio, _Change("transaction.restored", inserts=[row], with_other=other.portfolio if other else None))[0]


def _refuse_second_split(entry: Transaction) -> None:
    """A split counts once: the one entered by hand, or the one accepted from the inbox."""
    beside = split_beside(entry)
    if beside is None or beside.instrument is None:
        return
    came = "was recorded beside it" if beside.proposal_id is None else "was accepted from the inbox of corporate actions"
    said = (
        f"The same split of {beside.instrument.symbol} counts already: the entry of {day_in_words(beside.traded_on)}, number {beside.entry}, {came}."
    )
    raise Conflict(f"{said} Void that entry first, or leave this one out.", transaction=beside.entry)


def get_current(entry: Transaction) -> Transaction:
    """The version of an entry that counts now."""
    found: Transaction = Transaction.objects.live().of_entry(entry.entry).select_related("instrument", "portfolio__owner").get()
    return found


def record_transfer(actor: Any, source: Portfolio, target: Portfolio, draft: TransactionDraft) -> Transaction:
    """Book units that leave one portfolio and arrive in another, both or neither.  The leg that leaves."""
    row = checked(source, [draft], actor=actor, rows=False)[0]
    row.link = uuid4()
    return _change(actor, source, _Change("transaction.recorded", inserts=[row], arriving={row.link: target}))[0]


def _copy(entry: Transaction) -> Transaction:
    """The same entry as a new row."""
    skipped = {"id", "recorded_at", "recorded_by", "voided_at", "replaces", "origin"}
    values = {field.attname: getattr(entry, field.attname) for field in Transaction._meta.concrete_fields if field.name not in skipped}
    row = Transaction(**values)
    row.__dict__["leg_rows"] = tuple(_copy_of_leg(leg) for leg in legs_of(entry))
    return row


def _copy_of_leg(leg: TransactionLeg) -> TransactionLeg:
    values = {field.attname: getattr(leg, field.attname) for field in TransactionLeg._meta.concrete_fields if field.name not in {"id", "transaction"}}
    return TransactionLeg(**values)


# ── the one way to write ────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Change:
    action: str
    inserts: Sequence[Transaction] = ()
    voids: Sequence[Transaction] = ()
    batch: ImportBatch | None = None
    by_row: bool = False
    arriving: Mapping[UUID, Portfolio] = field(default_factory=dict)  # where the transfers among the inserts go
    with_other: Portfolio | None = None  # the other portfolio of a transfer that counts again

    @property
    def others(self) -> tuple[Portfolio, ...]:
        """What must be locked with the portfolio."""
        return (*self.arriving.values(), *((self.with_other,) if self.with_other else ()))

    @property
    def since(self) -> date:
        return min(row.traded_on for row in (*self.inserts, *self.voids))


def _change(actor: Any, portfolio: Portfolio, change: _Change) -> list[Transaction]:
    with only_writer(portfolio, *change.others, by=actor) as locked:
        if locked.base_currency != portfolio.base_currency:
            raise Conflict("The portfolio's currency was changed in the meantime. Load the page again.")
        refuse_given_away((portfolio, *change.others), getattr(locked, "locked_with", {locked.pk: locked}), change.inserts)
        rows, book = _write(actor, locked, change)
        follow_transfers(actor, locked, book, change, asked=True)
    portfolio.revision, portfolio.writes, portfolio.updated_at = locked.revision, locked.writes, locked.updated_at
    return rows


def _write(actor: Any, locked: Portfolio, change: _Change) -> tuple[list[Transaction], Book]:
    """Judge and write one change to one locked portfolio.  The rows, and the book of the touched instruments."""
    refuse_locked(locked, (*change.inserts, *change.voids), by_row=change.by_row)
    _still_current(locked, change.voids)
    new, gone = new_events(change.inserts, _AFTER_ALL), [event_of(row) for row in change.voids]
    book, instruments = judge(locked, change.inserts, change.voids, new, by_row=change.by_row)
    rows = _store(actor, locked, change)
    locked.revision += 1
    locked.writes = noted(locked.writes, locked.revision, change.since)
    locked.is_linked = locked.is_linked or any(row.link is not None for row in rows)
    locked.save(update_fields=["revision", "writes", "is_linked", "updated_at"])
    write_holdings(locked, book, instruments)
    move_cash(locked, {row.pk for row in rows}, new, gone)
    settle_proposals(change.inserts, change.voids)
    _audit(actor, locked, change, rows)
    news = partial(ledger_changed.send, Transaction, portfolio_id=locked.pk, since=change.since)
    transaction.on_commit(news)
    return rows, book


def follow_transfers(actor: Any, locked: Portfolio, book: Book, change: _Change | None = None, *, asked: bool = False) -> None:
    """Bring the other legs of transfers up to what a locked portfolio carries now; `book` holds the instruments that changed.

    asked  a person asked for the change, and has to be allowed to write to those other portfolios as well (OtherSideNotYours)
    """

    def write(other: Portfolio, inserts: Sequence[Transaction], voids: Sequence[Transaction]) -> Book:
        if asked and not allowed(actor, other, Action.WRITE):
            raise OtherSideNotYours(
                "Units moved between this portfolio and another one of its owner, which would change too. Ask the owner to do this."
            )
        return _write(actor, other, _Change("transactions.followed", inserts=inserts, voids=voids))[1]

    follow(
        locked,
        book,
        write,
        inserts=change.inserts if change else (),
        voids=change.voids if change else (),
        arriving=change.arriving if change else {},
    )


def _still_current(portfolio: Portfolio, voids: Sequence[Transaction]) -> None:
    if not voids:
        return
    live: dict[int, UUID | None] = {}  # with what links them to other portfolios, which ends when one is given away
    for keys in _in_pieces(voids):
        live.update(Transaction.objects.live().filter(portfolio=portfolio, pk__in=keys).values_list("pk", "link"))
    if live != {row.pk: row.link for row in voids}:
        raise AlreadyVoided("It was changed or removed in the meantime. Load the page again and look at what it is now.")


def _in_pieces(rows: Sequence[Transaction]) -> Iterator[list[int]]:
    """Their keys, as many at once as a database takes in one query."""
    for start in range(0, len(rows), _KEYS_AT_ONCE):
        yield [row.pk for row in rows[start : start + _KEYS_AT_ONCE]]


def _store(actor: Any, portfolio: Portfolio, change: _Change) -> list[Transaction]:
    now = timezone.now()
    for keys in _in_pieces(change.voids):
        Transaction.objects.filter(pk__in=keys).update(voided_at=now)
    for row in change.voids:
        row.voided_at = now
    for row in change.inserts:
        row.portfolio, row.recorded_at, row.recorded_by = portfolio, now, actor
        if any("sole" in lot for lot in row.lots or ()):
            row.lots = as_kept(row.lots)
        if change.batch is not None:
            row.batch = change.batch
    try:
        store(change.inserts)
        _store_parts(change.inserts)
    except IntegrityError:
        if any(row.source_key for row in change.inserts):
            raise AlreadyRecorded("A row of this statement stands in the ledger already. Read the statement again.") from None
        raise
    return list(change.inserts)


def _store_parts(rows: Sequence[Transaction]) -> None:
    """What refers to rows that have their keys only now: legs, and lots of the same batch that a sale names."""
    legs = [leg for row in rows for leg in legs_of(row)]
    for row in rows:
        for leg in legs_of(row):
            leg.transaction = row
    if legs:
        store(legs)
    naming = [row for row in rows if any(lot.get("entry", 0) < 0 for lot in row.lots or ())]
    for row in naming:
        row.lots = [{**lot, "entry": rows[-lot["entry"] - 1].entry if lot["entry"] < 0 else lot["entry"]} for lot in row.lots or ()]
    if naming:
        Transaction.objects.bulk_update(naming, ["sealed"], batch_size=500)


def _audit(actor: Any, portfolio: Portfolio, change: _Change, rows: Sequence[Transaction]) -> None:
    single = [*rows, *change.voids]
    one = single[0].entry if change.action.startswith("transaction.") else None
    record_audit(
        actor,
        change.action,
        subject=portfolio.owner_id,
        object_type="transaction" if one else "portfolio",
        object_id=one or portfolio.pk,
        portfolio=portfolio.pk,
        revision=portfolio.revision,
        recorded=len(rows),
        voided=len(change.voids),
        batch=change.batch.pk if change.batch else None,
    )
