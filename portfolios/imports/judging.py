"""The verdict on each row: ready, recorded already, instrument unknown, or refused with its reason and column.

The ledger's own checks are the judge: rows go through the checks that recording runs, then each instrument's history is replayed
with them.  Nothing is written here.  Recording judges again, under the lock; this is so that the review can say it first.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from django.db.models import Q

from market.models import Instrument
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolio_site.web.sealed import fingerprint
from portfolios.actions.in_statements import AcceptedDividends
from portfolios.choices import TransactionKind as Kind
from portfolios.choices import Verdict
from portfolios.errors import LedgerRefused, PeriodLocked
from portfolios.importers import Draft, Parsed, RowError
from portfolios.importers.own import KEY as OWN
from portfolios.imports.instruments import Matcher, key_of
from portfolios.imports.preparing import NO_ROW, Candidate, Preparing
from portfolios.ledger.events import Event
from portfolios.ledger.links import groups, instrument_ids_of, links_of
from portfolios.ledger.replay import replay
from portfolios.models import ImportBatch, ImportRow, Portfolio, Transaction
from portfolios.selectors.ledger import event_of, events_of, links_in, rules_of
from portfolios.services.drafts import TransactionDraft, checked
from portfolios.services.judging import field_of, refuse_locked

ALREADY = "This row is recorded already."
SAME_SPLIT = timedelta(days=7)
_AFTER_ALL = 1 << 62
AT_ONCE = 5000  # rows of which entries are made together
MOST_REFUSALS = 200  # of one instrument; what is beyond is told when it is recorded
_CASH_ONLY = (Kind.DEPOSIT, Kind.WITHDRAWAL)
_COLUMNS = {"traded_on": "day", "traded_at": "day"}
PROBLEMS = ("bad", "problems")  # what is kept of a refused row beside the entry that it would make; "bad" is an older form
Progress = Callable[[int], None]
_Prepared = tuple["Judged", TransactionDraft, Sequence[FieldError]]


@dataclass(slots=True)
class Look:
    """What is said of a row of the file, until it is stored as an ImportRow; the fields are as there.

    draft  what is kept beside the entry that it would make, or instead of it
    """

    number: int
    verdict: str
    part: int = 0
    draft: dict[str, Any] | None = None
    reason: str = ""
    remarked: bool = False
    instrument: Instrument | None = None
    instrument_key: str = ""
    source_key: str = ""
    chosen: bool = True


@dataclass(slots=True)
class Judged:
    """A row of the review: one of a file, or one that is stored."""

    row: Look | ImportRow
    draft: Draft | None = None
    remarks: tuple[str, ...] = ()
    place: int = 0  # among the rows that are new: by it rows of the file name each other

    def stored(self, batch: ImportBatch) -> ImportRow:
        """The row as it is kept, not saved."""
        values = {each.name: getattr(self.row, each.name) for each in fields(Look)}
        if self.draft is not None:
            values["draft"] = {**self.draft.to_json(), **(self.row.draft or {})}
        return ImportRow(batch=batch, **values)


def row_key(identity: str) -> str:
    """The keyed hash by which a row is known again: 32 hex digits."""
    return fingerprint(identity, "import-row")[:32]


def source_keys(drafts: Iterable[Draft]) -> list[str]:
    """The keyed hash of each draft's identity and of its ordinal among equals, in order."""
    seen: Counter[tuple[str, ...]] = Counter()
    keys = []
    for draft in drafts:
        identity = (*draft.identity, str(draft.kind), str(draft.part))
        keys.append(row_key(json.dumps([*identity, seen[identity]])))
        seen[identity] += 1
    return keys


def recorded_keys(portfolio: Portfolio) -> set[str]:
    """The keys of rows that stand in the ledger."""
    return set(Transaction.objects.live().filter(portfolio=portfolio).exclude(source_key="").values_list("source_key", flat=True))


def judge(batch: ImportBatch, parsed: Parsed, left_out: set[int], progress: Progress) -> list[Judged]:
    """All rows of the file with their verdicts, not saved.  `left_out` are rows that the person left out before."""
    portfolio, actor = batch.portfolio, batch.uploaded_by
    keys, recorded = source_keys(parsed.drafts), recorded_keys(portfolio)
    matcher = Matcher(actor, [draft.hint for draft in parsed.drafts if draft.hint is not None])
    own = batch.format == OWN
    splits = _split_days(portfolio, proposed=own)
    judged: list[Judged] = []
    meant: dict[str, tuple[str, Instrument | None]] = {}
    for place, (draft, key) in enumerate(zip(parsed.drafts, keys, strict=True)):
        if draft.hint is not None and draft.hint.key not in meant:
            meant[draft.hint.key] = key_of(draft.hint), matcher.of(draft.hint)
        each = _first_look(draft, key, recorded, meant, splits, takes_cash=own or portfolio.tracks_cash)
        each.row.chosen = each.row.verdict in (Verdict.NEW, Verdict.UNKNOWN_INSTRUMENT) and draft.number not in left_out
        judged.append(each)
        if place % 1000 == 999:
            progress(place // 2)
    _leave_out_accepted(portfolio, judged)
    check_with_ledger(portfolio, actor, judged, batch.format)
    judged += [_error_row(error) for error in parsed.errors]
    judged += [
        Judged(Look(each.number, Verdict.SKIPPED, draft={"cells": dict(each.cells)}, reason=each.detail, chosen=False)) for each in parsed.folded
    ]
    return sorted(judged, key=lambda each: (each.row.number, each.row.part))


def _first_look(
    draft: Draft,
    key: str,
    recorded: set[str],
    meant: Mapping[str, tuple[str, Instrument | None]],
    splits: Mapping[int, list[Any]],
    *,
    takes_cash: bool,
) -> Judged:
    """What can be said of a row without the ledger.  An export of our own is a ledger, not a statement: its deposits are taken as well."""
    row = Look(draft.number, Verdict.NEW, draft.part, source_key=key)
    each = Judged(row, draft, draft.warnings)
    if draft.hint is not None:
        row.instrument_key, row.instrument = meant[draft.hint.key]
    if key in recorded:
        row.verdict, row.reason = Verdict.DUPLICATE, ALREADY
    elif draft.kind in _CASH_ONLY and not takes_cash:
        row.verdict, row.reason = Verdict.SKIPPED, "This portfolio does not track cash."
    elif draft.hint is not None and row.instrument is None:
        row.verdict, row.reason = Verdict.UNKNOWN_INSTRUMENT, f"No instrument is known under {_named(draft)}."
    elif draft.kind is Kind.SPLIT and row.instrument is not None and _same_split(draft, splits.get(row.instrument.pk, [])):
        row.verdict, row.reason = Verdict.DUPLICATE, "A split of the same ratio is recorded within a week of this day."
    return each


def _named(draft: Draft) -> str:
    hint = draft.hint
    if hint is None:
        return "this row"
    words = (
        f"the ISIN {hint.isin}" if hint.isin else "",
        f"the symbol {hint.symbol}" if hint.symbol and not hint.isin else "",
        f"the name {hint.name}",
    )
    return next(word for word in words if word)


def _split_days(portfolio: Portfolio, *, proposed: bool) -> dict[int, list[Any]]:
    """The splits that a row may tell once more, by instrument; with `proposed` only those that the market reported.

    A ledger that we exported may have two of one ratio in one week: the second is none that was recorded before.
    """
    found: dict[int, list[Any]] = defaultdict(list)
    entries = Transaction.objects.live().filter(portfolio=portfolio, kind=Kind.SPLIT)
    if proposed:
        entries = entries.filter(proposal__isnull=False)
    for pk, day, new, old in entries.values_list("instrument_id", "traded_on", "ratio_new", "ratio_old"):
        found[pk].append((day, new, old))
    return found


def _same_split(draft: Draft, recorded: list[Any]) -> bool:
    new, old = draft.ratio_new, draft.ratio_old
    if new is None or old is None:
        return False
    return any(abs(day - draft.day) <= SAME_SPLIT and r_new * old == new * r_old for day, r_new, r_old in recorded)


def _leave_out_accepted(portfolio: Portfolio, judged: Sequence[Judged]) -> None:
    """A dividend that was accepted from a proposal is not recorded again.  One query where the file has dividends."""
    accepted = AcceptedDividends(portfolio)
    for each in judged:
        draft, row = each.draft, each.row
        if draft is None or draft.kind is not Kind.DIVIDEND or row.verdict != Verdict.NEW or row.instrument is None:
            continue
        gross = None if draft.amount is None else draft.amount + (draft.fees or 0) + (draft.taxes or 0)
        if accepted.take(row.instrument.pk, draft.day, gross, draft.settlement_currency or draft.currency) is not None:
            row.verdict, row.chosen = Verdict.DUPLICATE, False
            row.reason = "This dividend was accepted from a proposal. To have it from the statement, void that entry first."


def _error_row(error: RowError) -> Judged:
    repairs = [[repair.label, repair.column, repair.text] for repair in error.repairs]
    problems = [[error.column, error.detail], *([column, detail] for column, detail in error.more)]
    draft = {"cells": dict(error.cells), "column": error.column, "code": error.code, "repairs": repairs, "problems": problems}
    reason = " ".join([error.detail, *(f"{column}: {detail}" if column else detail for column, detail in error.more)])
    return Judged(Look(error.number, Verdict.ERROR, draft=draft, reason=reason, chosen=False))


# ── what the ledger says ────────────────────────────────────────────────────


def check_with_ledger(portfolio: Portfolio, actor: Any, judged: Sequence[Judged], source: str) -> None:
    """Give every row that is new its remarks, or the ledger's reason against it."""
    waiting = [each for each in judged if each.row.verdict == Verdict.NEW and each.draft is not None]
    known = [(each.draft.entry, each.row.source_key) for each in judged if each.draft is not None and each.row.verdict == Verdict.DUPLICATE]
    preparing = Preparing(portfolio, actor, [each.draft for each in waiting if each.draft is not None], source, lambda: known)
    new: list[tuple[Judged, Event]] = []
    for start in range(0, len(waiting), AT_ONCE):  # entries are made of a part of the rows at a time: of all of them only their events are kept
        entries = _checked_fields(portfolio, actor, _prepared(preparing, waiting[start : start + AT_ONCE], start))
        new += [(each, event_of(entry, number=-(each.place + 1), sequence=_AFTER_ALL + each.place)) for each, entry in entries]
    _checked_history(portfolio, new)
    for each in waiting:
        if each.row.verdict == Verdict.NEW:
            each.row.reason, each.row.remarked = " ".join(each.remarks), bool(each.remarks)


def _prepared(preparing: Preparing, part: Sequence[Judged], start: int) -> list[_Prepared]:
    """The rows with what they come to in the ledger, and what was found wrong on the way."""
    pairs: list[_Prepared] = []
    for place, each in enumerate(part, start=start):
        each.place = place
        if each.draft is None:
            continue
        candidate = Candidate(each.draft, each.row.instrument, each.row.source_key)
        draft = preparing.draft(candidate)
        each.remarks += tuple(candidate.remarks)
        pairs.append((each, draft, candidate.errors))
    return pairs


def refused_by_ledger(batch: ImportBatch) -> Any:
    """The rows that were read well and that the ledger, or a lock, refused when they were last judged; without those left out."""
    rows = ImportRow.objects.filter(batch=batch, verdict=Verdict.ERROR).exclude(source_key="")
    return rows.exclude(number__in=left_out) if (left_out := (batch.mapping or {}).get("left_out")) else rows


def judge_refused_again(batch: ImportBatch) -> int:
    """Take in what was refused and no longer is: a period was unlocked, or a missing purchase recorded.  Returns how many rows.

    They are judged among all that wait, which may be what they need; those stay as they are, since recording judges them itself.
    """
    refused = set(refused_by_ledger(batch).values_list("pk", flat=True))
    if not refused:
        return 0
    beside = Q(verdict=Verdict.NEW, chosen=True) | Q(verdict=Verdict.DUPLICATE) | Q(verdict=Verdict.ERROR) & ~Q(source_key="")
    judged: list[Judged] = []
    again: list[ImportRow] = []
    for row in ImportRow.objects.select_related("instrument").filter(beside, batch=batch).order_by("number", "part").iterator(chunk_size=2000):
        if row.pk in refused:
            row.verdict, row.chosen = Verdict.NEW, True
            row.draft = {name: value for name, value in row.draft.items() if name not in PROBLEMS}
            again.append(row)
        draft = Draft.from_json(row.draft)
        if row.pk not in refused:
            row.draft = {}  # it is not stored again, and its cells need room
        judged.append(Judged(row, draft, draft.warnings))
    check_with_ledger(batch.portfolio, batch.uploaded_by, judged, batch.format)
    for row in again:
        row.save(update_fields=["verdict", "reason", "chosen", "remarked", "draft"])
    return sum(row.verdict == Verdict.NEW for row in again)


def refuse(row: Look | ImportRow, errors: Sequence[FieldError]) -> None:
    """Turn a row into one that is refused: the reason tells all that is wrong, each with the field that it stands in."""
    problems = list(dict.fromkeys((_COLUMNS.get(error.field, error.field), error.detail) for error in errors))
    row.verdict, row.chosen, row.remarked = Verdict.ERROR, False, False
    row.reason = " ".join(dict.fromkeys(detail for _, detail in problems))
    row.draft = {**(row.draft or {}), "problems": [list(one) for one in problems]}


def _checked_fields(portfolio: Portfolio, actor: Any, pairs: list[_Prepared]) -> list[tuple[Judged, Transaction]]:
    """The rows as entries, field by field as recording checks them; the ones that are refused get their reasons and drop out."""
    while pairs:
        unread = {place: errors for place, (_, _, errors) in enumerate(pairs) if errors}
        try:
            entries = checked(portfolio, [draft for _, draft, _ in pairs], actor=actor, rows=True, unread=unread)
        except Invalid as refused:
            wrong = by_place(refused.errors)
            for place, errors in wrong.items():
                refuse(pairs[place][0].row, errors)
            if not wrong:
                raise
            pairs = [pair for place, pair in enumerate(pairs) if place not in wrong]
        else:
            return _of_open_time(portfolio, [(each, entry) for (each, _, _), entry in zip(pairs, entries, strict=True)])
    return []


def _of_open_time(portfolio: Portfolio, entries: list[tuple[Judged, Transaction]]) -> list[tuple[Judged, Transaction]]:
    """Without those that lie in the time that the portfolio is locked up to: they get their reason."""
    left = []
    for each, entry in entries:
        try:
            refuse_locked(portfolio, [entry], by_row=False)
        except PeriodLocked as locked:
            refuse(each.row, [FieldError("traded_on", locked.code, locked.detail)])
        else:
            left.append((each, entry))
    return left


def by_place(errors: Iterable[FieldError]) -> dict[int, list[FieldError]]:
    """The errors of each row, by the first name in fields such as “transactions.17.legs.0.cost_share”, here “legs”."""
    found: dict[int, list[FieldError]] = {}
    for error in errors:
        _, _, rest = error.field.partition(".")
        place, _, name = rest.partition(".")
        if place.isdigit():
            found.setdefault(int(place), []).append(FieldError(name.partition(".")[0], error.code, error.detail))
    return found


def _checked_history(portfolio: Portfolio, new: Sequence[tuple[Judged, Event]]) -> None:
    """Replay each instrument, with those connected to it, with its new rows; a row that the ledger refuses gets the reason, and the rest is tried again."""
    touched = {pk for _, event in new for pk in instrument_ids_of(event)}
    if not touched:
        return
    links = [*links_in([portfolio.pk]), *links_of(event for _, event in new)]
    of_group: dict[int, int] = {pk: number for number, group in enumerate(groups(touched, links)) for pk in group}
    rows: dict[int, list[tuple[Judged, Any]]] = defaultdict(list)
    for each, event in new:
        if ids := instrument_ids_of(event):
            rows[of_group[ids[0]]].append((each, event))
    history: dict[int, list[Any]] = defaultdict(list)
    for stored in events_of(portfolio, instruments=of_group):
        history[of_group[stored.instrument]].append(stored)  # type: ignore[attr-defined]
    rules = rules_of(portfolio)
    for number, mine in rows.items():
        _replayed(history[number], mine, rules)


def _replayed(history: list[Any], rows: list[tuple[Judged, Any]], rules: Any) -> None:
    left = {event.id: each for each, event in rows}
    for _ in range(MOST_REFUSALS):
        try:
            replay([*history, *(event for _, event in rows if event.id in left)], rules)
            return
        except LedgerRefused as refused:
            number = refused.data.get("event_id")
            if not isinstance(number, int) or number not in left:
                return  # an entry that stands in the ledger would fail: recording says so
            left_out = "It names a lot whose row is left out. Take that row in as well. " if refused.data.get("lot") == NO_ROW else ""
            refuse(left.pop(number).row, [FieldError(field_of(refused), refused.code, left_out + refused.detail)])
