"""Answers about imports: what was uploaded, how far it is, what its rows say.  Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When

from market.models import Instrument
from market.selectors import instruments_visible_to
from portfolios.choices import ImportStatus, TransactionKind, Verdict
from portfolios.importers import Draft, label_of
from portfolios.imports.errors import ImportNotFound
from portfolios.imports.instruments import Matcher
from portfolios.imports.judging import PROBLEMS
from portfolios.imports.summary import cash_effect
from portfolios.models import CashBalance, Holding, ImportBatch, ImportRow, Transaction

STATES: dict[str, Q] = {  # what the review tells apart, in its order
    "unknown": Q(verdict=Verdict.UNKNOWN_INSTRUMENT, chosen=True),
    "error": Q(verdict=Verdict.ERROR),
    "check": Q(verdict=Verdict.NEW, chosen=True, remarked=True),
    "duplicate": Q(verdict=Verdict.DUPLICATE),
    "ready": Q(verdict=Verdict.NEW, chosen=True, remarked=False),
    "out": Q(verdict=Verdict.SKIPPED) | Q(verdict__in=[Verdict.NEW, Verdict.UNKNOWN_INSTRUMENT], chosen=False),
}
STATE_LABELS = {
    "unknown": "Instrument unknown",
    "error": "Error",
    "check": "Check",
    "duplicate": "Duplicate",
    "ready": "Ready",
    "out": "Left out",
}

_SHORT: dict[str, str] = {
    ImportStatus.MAPPING: "To name columns",
    ImportStatus.REVIEW: "To review",
    ImportStatus.COMMITTED: "Recorded",
    ImportStatus.REVERTED: "Undone",
    ImportStatus.FAILED: "Not read",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of an import by state; `total` is rows of the file, the others count entries (a row may make several)."""

    total: int = 0
    unknown: int = 0
    error: int = 0
    check: int = 0
    duplicate: int = 0
    ready: int = 0
    out: int = 0
    refused: int = 0  # of those with an error: by the ledger or a lock, so that they are judged again when the import is recorded

    @property
    def recordable(self) -> int:
        return self.ready + self.check

    @property
    def listed(self) -> int:
        return self.unknown + self.error + self.check + self.duplicate + self.ready + self.out

    @property
    def staying_out(self) -> int:
        return self.listed - self.recordable


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the review as it is shown."""

    number: int
    part: int
    state: str
    state_label: str
    verdict: str
    reason: str
    kind: str = ""
    kind_label: str = ""
    day: date | None = None
    name: str = ""
    symbol: str = ""
    quantity: Decimal | None = None
    ratio: str = ""
    price: Decimal | None = None
    currency: str = ""
    fees: Decimal | None = None
    taxes: Decimal | None = None
    cash: Decimal | None = None
    settlement_currency: str = ""
    problems: tuple[tuple[str, str], ...] = ()  # (field, or for a row that was not read the column, what is wrong with it)
    bad_text: str = ""
    column: str = ""
    repairs: tuple[tuple[str, str, str], ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    instrument_key: str = ""
    chosen: bool = True
    can_leave_out: bool = False

    @property
    def bad(self) -> frozenset[str]:
        """The fields in which something is wrong."""
        return frozenset(field for field, _ in self.problems)


@dataclass(frozen=True, slots=True)
class UnknownInstrument:
    """An instrument that rows name and nobody knows, with what might be meant."""

    key: str
    isin: str
    symbol: str
    name: str
    currency: str
    rows: int
    numbers: str  # "2, 5, 7 …"
    suggestions: tuple[Instrument, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """The strip above the review: what the import will change."""

    entries: int
    entries_after: int
    changed: int
    new: int
    cash: tuple[tuple[str, Decimal, Decimal, Decimal], ...]  # currency, effect, before, after
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import recorded: entries that still count, and the holdings they touch, new ones told apart."""

    entries: int
    new: tuple[Instrument, ...]
    changed: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A past import in the list."""

    batch: ImportBatch
    format_label: str
    state_label: str
    recorded: int
    can_undo: bool
    can_go_on: bool
    can_discard: bool
    step: str  # name of the address where it goes on


def get_import(user: Any, pk: int) -> ImportBatch:
    """One import.  Raises ImportNotFound, also for somebody else's."""
    found: ImportBatch | None = ImportBatch.objects.visible_to(user).select_related("portfolio", "uploaded_by").defer("content").filter(pk=pk).first()
    if found is None:
        raise ImportNotFound("There is no such import.").of("import", pk)
    return found


def imports_of(user: Any, portfolio_id: int | None = None) -> QuerySet[ImportBatch]:
    """A person's imports, newest first."""
    found: QuerySet[ImportBatch] = ImportBatch.objects.visible_to(user).select_related("portfolio").defer("content")
    return found.filter(portfolio=portfolio_id) if portfolio_id is not None else found


def step_of(batch: ImportBatch) -> str:
    """The name of the page where an import goes on."""
    if batch.status == ImportStatus.MAPPING:
        return "import-columns"
    if batch.status in (ImportStatus.COMMITTING, ImportStatus.COMMITTED, ImportStatus.REVERTED):
        return "import-done"
    return "import-review"


def past_imports(user: Any, most: int = 20) -> list[BatchLine]:
    """The newest imports with what they recorded and what can be done with them.  Two queries."""
    batches = list(imports_of(user)[:most])
    counts = dict(
        Transaction.objects.live().filter(batch__in=[batch.pk for batch in batches]).order_by().values_list("batch").annotate(n=Count("pk"))
    )
    return [
        BatchLine(
            batch=batch,
            format_label=label_of(batch.format) if batch.format else "",
            state_label=_SHORT.get(batch.status, "At work"),
            recorded=counts.get(batch.pk, 0),
            can_undo=batch.status == ImportStatus.COMMITTED and counts.get(batch.pk, 0) > 0,
            can_go_on=batch.status in (ImportStatus.MAPPING, ImportStatus.REVIEW),
            can_discard=batch.status in (ImportStatus.UPLOADED, ImportStatus.MAPPING, ImportStatus.REVIEW, ImportStatus.FAILED),
            step=step_of(batch),
        )
        for batch in batches
    ]


def counts_of(batch: ImportBatch) -> Counts:
    """How many rows are in which state.  One query."""
    sums = {name: Count("pk", filter=state) for name, state in STATES.items()}
    found = ImportRow.objects.filter(batch=batch).aggregate(**sums, refused=Count("pk", filter=STATES["error"] & ~Q(source_key="")))
    return Counts(total=batch.rows_total, **found)


def rows_of(batch: ImportBatch, state: str = "") -> QuerySet[ImportRow]:
    """The rows in the order of the review: problems first, then as in the file; with `state` only those."""
    rows = ImportRow.objects.filter(batch=batch).select_related("instrument")
    if state in STATES:
        return rows.filter(STATES[state]).order_by("number", "part")
    rank = Case(*(When(condition, then=Value(place)) for place, condition in enumerate(STATES.values())), default=Value(9))
    return rows.annotate(rank=rank).order_by("rank", "number", "part")


def state_of(row: ImportRow) -> str:
    """The state of one row; the same decision as STATES."""
    if row.verdict == Verdict.ERROR:
        return "error"
    if row.verdict == Verdict.DUPLICATE:
        return "duplicate"
    if row.verdict == Verdict.SKIPPED or not row.chosen:
        return "out"
    if row.verdict == Verdict.UNKNOWN_INSTRUMENT:
        return "unknown"
    return "check" if row.remarked else "ready"


def view_of(row: ImportRow) -> RowView:
    """A row as it is shown; one that was not read shows its cells."""
    raw = row.draft
    state = state_of(row)
    cells = tuple(raw.get("cells", {}).items())
    common: dict[str, Any] = {
        "number": row.number,
        "part": row.part,
        "state": state,
        "state_label": STATE_LABELS[state],
        "verdict": row.verdict,
        "reason": row.reason,
        "cells": cells,
        "chosen": row.chosen,
        "problems": _problems(row),
        "can_leave_out": row.verdict in (Verdict.NEW, Verdict.UNKNOWN_INSTRUMENT),
    }
    if "kind" not in raw:
        column = raw.get("column", "")
        repairs = tuple((label, name, text) for label, name, text in raw.get("repairs", []))
        return RowView(**common, column=column, bad_text=raw.get("cells", {}).get(column, ""), repairs=repairs)
    draft = Draft.from_json({name: value for name, value in raw.items() if name not in PROBLEMS})
    hint, instrument = draft.hint, row.instrument
    moved = cash_effect(draft)
    return RowView(
        **common,
        kind=draft.kind.value,
        kind_label=str(TransactionKind(draft.kind).label),
        day=draft.day,
        name=instrument.name if instrument else (hint.name or hint.symbol or hint.isin) if hint else "",
        symbol=instrument.symbol if instrument else (hint.symbol if hint and hint.name else ""),
        quantity=draft.quantity,
        ratio=f"{draft.ratio_new.normalize():f}:{draft.ratio_old.normalize():f}" if draft.ratio_new and draft.ratio_old else "",
        price=draft.price,
        currency=draft.currency,
        fees=draft.fees,
        taxes=draft.taxes,
        cash=moved[0] if moved else None,
        settlement_currency=moved[1] if moved else "",
        instrument_key=row.instrument_key,
    )


def _problems(row: ImportRow) -> tuple[tuple[str, str], ...]:
    """What is wrong with a row that is refused; of one that was judged before there was a list of it, the one reason."""
    if row.verdict != Verdict.ERROR:
        return ()
    kept = row.draft.get("problems")
    return tuple((field, detail) for field, detail in kept) if kept else ((row.draft.get("bad") or row.draft.get("column", ""), row.reason),)


def unknown_instruments(user: Any, batch: ImportBatch) -> list[UnknownInstrument]:
    """Each unknown instrument once, with its rows and what might be meant.  Five queries."""
    rows = list(ImportRow.objects.filter(STATES["unknown"], batch=batch).order_by("number"))
    grouped: dict[str, list[ImportRow]] = {}
    for row in rows:
        grouped.setdefault(row.instrument_key, []).append(row)
    hints = {key: Draft.from_json(found[0].draft).hint for key, found in grouped.items()}
    matcher = Matcher(user, [hint for hint in hints.values() if hint is not None])
    unknown = []
    for key, found in grouped.items():
        hint = hints[key]
        if hint is None:
            continue
        numbers = sorted({row.number for row in found})
        text = ", ".join(str(number) for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")
        unknown.append(UnknownInstrument(key, hint.isin, hint.symbol, hint.name, hint.currency, len(numbers), text, tuple(matcher.suggestions(hint))))
    return unknown


def found_instruments(user: Any, text: str, most: int = 8) -> list[Instrument]:
    """Instruments that a search in the review finds."""
    words = text.strip()[:60]
    return list(instruments_visible_to(user).matching(words)[:most]) if words else []


def change_of(batch: ImportBatch) -> Change:
    """What recording would change.  Three queries."""
    summary = (batch.facts or {}).get("summary") or {"entries": 0, "cash": {}, "instruments": [], "first": "", "last": ""}
    ids: Sequence[int] = summary["instruments"]
    held = set(Holding.objects.filter(portfolio=batch.portfolio_id, is_open=True).values_list("instrument", flat=True))
    balances = {row.currency: row.amount for row in CashBalance.objects.filter(portfolio=batch.portfolio_id)}
    cash = []
    for currency, text in summary["cash"].items():
        before = balances.get(currency, Decimal(0))
        cash.append((currency, Decimal(text), before, before + Decimal(text)))
    recorded = Transaction.objects.live().filter(portfolio=batch.portfolio_id).count()
    return Change(
        entries=summary["entries"],
        entries_after=recorded + summary["entries"],
        changed=len(ids),
        new=sum(1 for pk in ids if pk not in held),
        cash=tuple(cash),
        first=date.fromisoformat(summary["first"]) if summary["first"] else None,
        last=date.fromisoformat(summary["last"]) if summary["last"] else None,
    )


def outcome_of(batch: ImportBatch) -> Outcome:
    """What stands in the ledger of an import.  Four queries."""
    live = Transaction.objects.live().filter(portfolio=batch.portfolio_id)
    entries = live.filter(batch=batch)
    touched = set(entries.filter(instrument__isnull=False).order_by().values_list("instrument", flat=True).distinct())
    elsewhere = live.filter(instrument__in=touched).exclude(batch=batch).order_by()
    before = set(elsewhere.values_list("instrument", flat=True).distinct())
    known = sorted(instruments_visible_to(batch.portfolio.owner).filter(pk__in=touched), key=lambda one: one.name.casefold())
    return Outcome(
        entries=entries.count(),
        new=tuple(one for one in known if one.pk not in before),
        changed=tuple(one for one in known if one.pk in before),
    )


def rows_left_out(batch: ImportBatch) -> Iterator[tuple[int, str, dict[str, str]]]:
    """(row, why, cells by column) of each row that stays or stayed out, once a row, in order of the file."""
    stays = STATES["unknown"] | STATES["error"] | STATES["duplicate"] | STATES["out"]
    last = 0
    for row in ImportRow.objects.filter(stays, batch=batch).order_by("number", "part").iterator(chunk_size=500):
        if row.number != last:
            last = row.number
            yield row.number, row.reason or STATE_LABELS[state_of(row)], dict(row.draft.get("cells", {}))
