"""What a person does with an import.  Each verb checks the step, writes in one transaction, and publishes news on commit.

uploaded → reading → mapping ⇄ uploaded → review ⇄ uploaded → committing → committed → reverted
                   ↘ failed             (a correction reads the file again)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.services import record_audit
from market.errors import InstrumentTaken
from market.models import Instrument
from market.services import create_private_instrument
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolio_site.kernel.money import CURRENCIES
from portfolios.choices import ImportStatus, TransactionKind, Verdict
from portfolios.errors import LedgerRefused, NotAllowedForRole
from portfolios.importers import Draft, Layout
from portfolios.importers.generic_names import FIELDS
from portfolios.importers.reading import refuse_foreign
from portfolios.imports.errors import CannotUndo, FileTooLarge, NotAtThisStep, NothingToRecord, RowNotFound
from portfolios.imports.judging import Judged, check_with_ledger, refused_by_ledger, row_key
from portfolios.imports.summary import summarise
from portfolios.models import ImportBatch, ImportRow, Portfolio, Transaction
from portfolios.roles import Action
from portfolios.selectors.access import require
from portfolios.services import only_writer, void_many
from portfolios.signals import import_confirmed, import_uploaded

_OPEN = (ImportStatus.UPLOADED, ImportStatus.MAPPING, ImportStatus.REVIEW, ImportStatus.FAILED)
_RESOLVABLE = (Verdict.NEW, Verdict.UNKNOWN_INSTRUMENT)
_IN_SQL = 500


# ── the file ────────────────────────────────────────────────────────────────


@transaction.atomic
def start_import(actor: Any, portfolio: Portfolio, *, file_name: str, content: bytes, format_key: str = "") -> ImportBatch:
    """Keep an uploaded file, sealed, and ask for it to be read.

    format_key  "generic" reads the file as a plain table even where a broker's layout is recognised
    Raises FileTooLarge; Unreadable where its first bytes say that it is no table.  Neither keeps anything.
    """
    require(actor, portfolio, Action.IMPORT)
    if len(content) > settings.IMPORT_MAX_BYTES:
        limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
        raise FileTooLarge(
            f"The file is larger than {limit} MB. Export a shorter period and import the parts one after another.", limit=settings.IMPORT_MAX_BYTES
        )
    refuse_foreign(content)
    mapping = {"format": format_key} if format_key else None
    batch = ImportBatch.objects.create(portfolio=portfolio, uploaded_by=actor, file_name=_tidy(file_name), content=content, mapping=mapping)
    _audit(actor, batch, "import.uploaded")
    _read_soon(batch)
    return batch


def _tidy(name: str) -> str:
    """A file name without its folders and without characters that only confuse."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:255] or "statement.csv"


def _read_soon(batch: ImportBatch) -> None:
    transaction.on_commit(partial(import_uploaded.send, ImportBatch, batch_id=batch.pk))


def _audit(actor: Any, batch: ImportBatch, action: str, **data: object) -> None:
    record_audit(actor, action, subject=batch.portfolio.owner_id, object_type="import", object_id=batch.pk, portfolio=batch.portfolio_id, **data)


def _locked(actor: Any, batch: ImportBatch, *steps: ImportStatus) -> ImportBatch:
    """The batch as it is now, locked.  Raises NotAtThisStep where it is not at one of the steps; NotAllowedForRole."""
    require(actor, batch.portfolio, Action.IMPORT)
    current: ImportBatch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    current.portfolio, current.uploaded_by = batch.portfolio, batch.uploaded_by or actor  # of the erased: whoever goes on with it
    if current.status not in steps:
        label = ImportStatus(current.status).label.lower()
        raise NotAtThisStep(f"This import is at another step: {label}. Load the page again.", step=current.status)
    return current


# ── the columns ─────────────────────────────────────────────────────────────


@transaction.atomic
def name_columns(actor: Any, batch: ImportBatch, layout: Layout) -> ImportBatch:
    """Say how a file of no known broker is to be read; it is read again.  Raises Invalid by field."""
    current = _locked(actor, batch, ImportStatus.MAPPING, ImportStatus.REVIEW)
    columns = (current.facts or {}).get("columns", [])
    errors = [
        FieldError(f"columns.{field}", "unknown_column", f"The file has no column “{column[:60]}”.")
        for field, column in layout.columns.items()
        if column not in columns
    ]
    errors += [
        FieldError(f"columns.{field}", "unknown_field", f"There is no field “{field[:40]}”.") for field in layout.columns if field not in FIELDS
    ]
    meanings = {"skip", "", *TransactionKind.values}
    errors += [
        FieldError(f"types.{text}", "unknown_type", f"“{kind[:40]}” is not a type.") for text, kind in layout.types.items() if kind not in meanings
    ]
    if layout.currency and layout.currency not in CURRENCIES:
        errors.append(FieldError("currency", "unknown_currency", f"“{layout.currency[:12]}” is not a currency code."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)
    return _read_again(current, {"layout": layout.to_json(), "like": ""})


def _read_again(batch: ImportBatch, changes: Mapping[str, Any]) -> ImportBatch:
    batch.mapping = {**(batch.mapping or {}), **changes}
    batch.status, batch.rows_done, batch.attempts, batch.touched_at, batch.problem = ImportStatus.UPLOADED, 0, 0, None, ""
    batch.save()
    _read_soon(batch)
    return batch


# ── the rows ────────────────────────────────────────────────────────────────


@transaction.atomic
def correct_cell(actor: Any, batch: ImportBatch, *, number: int, column: str, text: str) -> ImportBatch:
    """Put another text into one cell of a row; the file is read again with it.  Raises RowNotFound, Invalid."""
    current = _locked(actor, batch, ImportStatus.REVIEW)
    if not ImportRow.objects.filter(batch=current, number=number).exists():
        raise RowNotFound(f"The import has no row {number}.")
    if column not in (current.facts or {}).get("columns", []):
        raise Invalid(f"The file has no column “{column[:60]}”.", errors=[FieldError("column", "unknown_column", "Use a column of the file.")])
    if len(text) > 300 or "\x00" in text:
        raise Invalid("The text is too long for a cell.", errors=[FieldError("text", "too_long", "At most 300 characters.")])
    cells = {**(current.mapping or {}).get("cells", {})}
    cells[str(number)] = {**cells.get(str(number), {}), column: text.strip()}
    return _read_again(current, {"cells": cells})


@transaction.atomic
def leave_out(actor: Any, batch: ImportBatch, numbers: Iterable[int], *, out: bool = True) -> int:
    """Leave rows out of the recording, or take them back in.  A row goes with all its parts.  Returns how many parts changed."""
    current = _locked(actor, batch, ImportStatus.REVIEW)
    wanted = sorted(set(numbers))
    changed = 0
    for start in range(0, len(wanted), _IN_SQL):
        rows = ImportRow.objects.filter(batch=current, number__in=wanted[start : start + _IN_SQL], verdict__in=_RESOLVABLE, chosen=out)
        changed += rows.update(chosen=not out)
    if not changed:
        raise RowNotFound("None of these rows can be left out or taken in." if wanted else "Choose at least one row.")
    kept = set((current.mapping or {}).get("left_out", []))
    current.mapping = {**(current.mapping or {}), "left_out": sorted(kept | set(wanted) if out else kept - set(wanted))}
    _resummarise(current)
    return changed


@transaction.atomic
def import_anyway(actor: Any, batch: ImportBatch, number: int) -> ImportBatch:
    """Record a row although an equal one is recorded: it gets a key of its own."""
    current = _locked(actor, batch, ImportStatus.REVIEW)
    rows = list(ImportRow.objects.select_related("instrument").filter(batch=current, number=number, verdict=Verdict.DUPLICATE))
    if not rows:
        raise RowNotFound(f"Row {number} is no duplicate.")
    for row in rows:
        row.verdict, row.chosen, row.reason = Verdict.NEW, True, ""
        row.source_key = row_key(f"{row.source_key}:again:{current.pk}")
        row.save(update_fields=["verdict", "chosen", "reason", "source_key"])
    remark = "An equal row is recorded already; you chose to record this one too."
    _judge_again(current, {row.instrument_id for row in rows if row.instrument_id is not None}, {row.pk: remark for row in rows})
    return current


@transaction.atomic
def resolve_instrument(actor: Any, batch: ImportBatch, key: str, instrument: Instrument) -> int:
    """Say which instrument all rows of one unknown are of.  Returns how many parts changed.  Raises RowNotFound."""
    return _resolve(_locked(actor, batch, ImportStatus.REVIEW), {key: instrument})


@transaction.atomic
def create_unknown(
    actor: Any, batch: ImportBatch, key: str, *, symbol: str = "", name: str = "", currency: str = "", asset_class: str = "stock"
) -> Instrument:
    """Make a private instrument of what the file says of an unknown one, and resolve its rows to it.

    symbol, name, currency  in place of what the file says
    Raises InvalidInstrument, InstrumentTaken, RowNotFound.
    """
    current = _locked(actor, batch, ImportStatus.REVIEW)
    row = ImportRow.objects.filter(batch=current, instrument_key=key, verdict=Verdict.UNKNOWN_INSTRUMENT).order_by("number").first()
    if row is None:
        raise RowNotFound("No row of this import waits for that instrument.")
    made = _private(actor, current, Draft.from_json(row.draft), symbol=symbol, name=name, currency=currency, asset_class=asset_class)
    _resolve(current, {key: made})
    return made


@transaction.atomic
def create_all_unknown(actor: Any, batch: ImportBatch) -> int:
    """Make a private instrument of each unknown one as the file describes it, and resolve its rows.  Returns how many were made.

    Where the person has another instrument under the symbol already, the ISIN stands in its place.
    """
    current = _locked(actor, batch, ImportStatus.REVIEW)
    waiting = ImportRow.objects.filter(batch=current, verdict=Verdict.UNKNOWN_INSTRUMENT).order_by("number")
    first = {row.instrument_key: row for row in waiting.only("instrument_key", "draft").order_by("-number").iterator(chunk_size=2000)}
    if not first:
        raise RowNotFound("No row of this import waits for an instrument.")
    made = {}
    for key, row in reversed(first.items()):
        draft = Draft.from_json(row.draft)
        try:
            with transaction.atomic():
                made[key] = _private(actor, current, draft)
        except InstrumentTaken:
            if draft.hint is None or not draft.hint.isin:
                raise
            made[key] = _private(actor, current, draft, symbol=draft.hint.isin)
    _resolve(current, made)
    return len(made)


def _private(
    actor: Any, batch: ImportBatch, draft: Draft, *, symbol: str = "", name: str = "", currency: str = "", asset_class: str = "stock"
) -> Instrument:
    if batch.portfolio.owner_id != actor.pk:
        raise NotAllowedForRole(
            "Only the owner of the portfolio can make instruments of their own for it. Choose one from the list, or ask them.", needs="own"
        )
    hint = draft.hint
    assert hint is not None  # rows that wait for an instrument have one
    return create_private_instrument(
        actor,
        symbol=(symbol or hint.symbol or hint.isin or hint.name).strip()[:32],
        name=(name or hint.name or hint.symbol or hint.isin).strip()[:200],
        asset_class=asset_class,
        currency=currency or hint.currency or draft.currency,
        exchange=hint.exchange,
        isin=hint.isin,
    )


def _resolve(batch: ImportBatch, chosen: Mapping[str, Instrument]) -> int:
    changed = 0
    for key, instrument in chosen.items():
        rows = ImportRow.objects.filter(batch=batch, instrument_key=key, verdict__in=_RESOLVABLE).exclude(instrument_key="")
        changed += rows.update(instrument=instrument, verdict=Verdict.NEW, reason="", remarked=False)
    if not changed:
        raise RowNotFound("No row of this import waits for that instrument.")
    _judge_again(batch, {instrument.pk for instrument in chosen.values()})
    return changed


def _judge_again(batch: ImportBatch, instruments: set[int], remarks: Mapping[int, str] | None = None) -> None:
    """Ask the ledger about the ready rows of some instruments, and of the rows (by key) that got a remark."""
    affected = Q(instrument__in=instruments) | Q(pk__in=list(remarks or {}))
    rows = ImportRow.objects.select_related("instrument").filter(affected, batch=batch, verdict=Verdict.NEW, chosen=True).order_by("number", "part")
    judged = []
    for row in rows:
        draft = Draft.from_json(row.draft)
        judged.append(Judged(row, draft, (*draft.warnings, *([remarks[row.pk]] if remarks and row.pk in remarks else []))))
    check_with_ledger(batch.portfolio, batch.uploaded_by, judged, batch.format)
    for row in rows:
        if row.verdict != Verdict.NEW or row.remarked:
            row.save(update_fields=["verdict", "reason", "remarked", "chosen", "draft"])
    _resummarise(batch)


def _resummarise(batch: ImportBatch) -> None:
    rows = ImportRow.objects.filter(batch=batch, verdict=Verdict.NEW, chosen=True)
    batch.facts = {**(batch.facts or {}), "summary": summarise(rows.iterator(chunk_size=2000))}
    batch.save(update_fields=["facts", "mapping"])


# ── recording and undoing ───────────────────────────────────────────────────


@transaction.atomic
def confirm_import(actor: Any, batch: ImportBatch) -> ImportBatch:
    """Ask for the ready rows to be recorded, with those that the ledger refused and no longer does.

    Raises NothingToRecord where no row is of either kind; asking twice does it once.
    """
    current = _locked(actor, batch, ImportStatus.REVIEW)
    if not ImportRow.objects.filter(batch=current, verdict=Verdict.NEW, chosen=True).exists() and not refused_by_ledger(current).exists():
        raise NothingToRecord("No row is ready. Resolve the rows with problems first, or discard the import.")
    current.status, current.rows_done, current.attempts, current.touched_at, current.problem = ImportStatus.COMMITTING, 0, 0, None, ""
    current.save()
    _audit(actor, current, "import.confirmed")
    transaction.on_commit(partial(import_confirmed.send, ImportBatch, batch_id=current.pk))
    return current


def revert_import(actor: Any, batch: ImportBatch) -> int:
    """Take everything that the import recorded out of the ledger, all or nothing.  Returns how many entries.

    Entries that were edited since go too; entries that were voided since are not touched.
    Raises CannotUndo where later entries need what it recorded.
    """
    with transaction.atomic(), only_writer(batch.portfolio, by=actor, to=Action.IMPORT) as portfolio:
        current = _locked(actor, batch, ImportStatus.COMMITTED)
        entries = list(Transaction.objects.live().filter(portfolio=portfolio, batch=current))
        try:
            undone = void_many(actor, portfolio, entries)
        except LedgerRefused as refused:
            data = {name: refused.data[name] for name in ("held", "date") if name in refused.data}
            raise CannotUndo(f"The import cannot be undone: later entries need what it recorded. {refused.detail}", errors=(), **data) from None
        current.status, current.finished_at = ImportStatus.REVERTED, timezone.now()
        current.save()
        _audit(actor, current, "import.reverted", entries=undone)
    return undone


@transaction.atomic
def discard_import(actor: Any, batch: ImportBatch) -> None:
    """Throw an import away that recorded nothing: its file and its rows."""
    require(actor, batch.portfolio, Action.IMPORT)
    current = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if current.status not in _OPEN:
        raise Conflict("This import has recorded entries, or is doing so. Undo it instead.")
    _audit(actor, batch, "import.discarded")
    current.delete()
