"""Ledgers in the export of a person's data, and back: every field of every entry that counts, so that the ledger is the same again.

`ledgers/<number>.json` has one entry a line, in the order of their days and numbers; instruments by their number in the export,
lots by the line (from 0) of the entry that opened them.  `ledgers/<number>.csv` is the same in the form that an import takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.decimals import exact, plain
from portfolio_site.kernel.errors import Invalid
from portfolio_site.web.personal import Brought, File, erase_step, exports_files, reads_back
from portfolios.choices import RateSource
from portfolios.exports import csv_of, exported
from portfolios.kinds import RULES
from portfolios.ledger.events import Arriving, LotChoice
from portfolios.models import Portfolio, Transaction
from portfolios.services import LegDraft, TransactionDraft, check_integrity, create_portfolio, delete_portfolio, draft_of, lock_portfolio, record_many

PORTFOLIO, INSTRUMENT = "portfolios.portfolio", "market.instrument"
_SETTINGS = (
    "name", "description", "base_currency", "cost_method", "dividend_treatment", "tracks_cash", "allows_short", "applies_splits",
    "applies_dividends", "is_sample",
)  # fmt: skip
_NUMBERS = frozenset(one.name for one in fields(TransactionDraft) if "Decimal" in str(one.type))
_DAYS = frozenset({"traded_on", "settles_on", "acquired_on"})
_TEXTS = frozenset({"kind", "currency", "settlement_currency", "costs_currency", "method", "notes", "external_id", "reference", "source"})
_OF_LEG = tuple(one.name for one in fields(LegDraft) if one.name != "instrument")
_OF_ARRIVING = ("acquired_on", "quantity", "cost", "cost_local")


# ── out ─────────────────────────────────────────────────────────────────────


@exports_files
def ledgers(person: Any) -> Iterator[File]:
    """Two files for each portfolio of the person's own."""
    for portfolio in Portfolio.objects.filter(owner=person).order_by("pk"):
        rows = exported(portfolio)
        yield File(f"ledgers/{portfolio.pk}.json", "The entries of a portfolio that count, to be read back in", _lines(rows))
        yield File(f"ledgers/{portfolio.pk}.csv", "The same as a statement that an import reads", csv_of(rows))


def _lines(rows: list[Transaction]) -> Iterator[str]:
    places = {row.entry: place for place, row in enumerate(rows)}
    for row in rows:
        yield json.dumps(_told(row, places), ensure_ascii=False, separators=(",", ":")) + "\n"


def _told(row: Transaction, places: Mapping[int, int]) -> dict[str, Any]:
    draft = draft_of(row)
    said = {one.name: getattr(draft, one.name) for one in fields(draft) if one.name not in {"proposal", "source_key", "legs", "lots"}}
    said["instrument"] = row.instrument_id
    said["fx_rate"] = None if RULES[row.kind].given else row.fx_rate
    said["tags"] = list(draft.tags)
    said["legs"] = [{"instrument": leg.instrument.pk if leg.instrument else None, **_numbers(leg, _OF_LEG)} for leg in draft.legs]
    said["lots"] = [_lot(lot, places) for lot in draft.lots]
    told = {name: _plain(value) for name, value in said.items() if value not in (None, "", [])}
    return told | {"fx_source": row.fx_source} if row.fx_source else told


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _numbers(thing: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(value) for name in names if (value := getattr(thing, name)) is not None}


def _lot(lot: LotChoice | Arriving, places: Mapping[int, int]) -> dict[str, Any]:
    if isinstance(lot, Arriving):
        return _numbers(lot, _OF_ARRIVING)
    return {"line": places[lot.event_id], **_numbers(lot, ("quantity", "opened_on", "nth"))}


# ── gone ────────────────────────────────────────────────────────────────────


@erase_step("portfolios")
def erase_portfolios(person: int) -> None:
    """Each portfolio with its ledger.  Instruments of the person's own that stand in somebody else's ledger stay with that ledger, nameless."""
    for portfolio in Portfolio.objects.filter(owner=person).select_related("owner"):
        delete_portfolio(portfolio.owner, portfolio)
    for instrument in Instrument.objects.filter(owner=person, transactions__isnull=False).distinct():
        keeper = Transaction.objects.filter(instrument=instrument).select_related("portfolio").order_by("pk")[0].portfolio.owner_id
        name = f"INSTRUMENT-{instrument.pk}"
        Instrument.objects.filter(pk=instrument.pk).update(owner=keeper, symbol=name, name=name, note="")


# ── in ──────────────────────────────────────────────────────────────────────


@reads_back
def read_portfolios(person: Any, brought: Brought) -> None:
    """Every portfolio of the export with its ledger, judged by the ledger as any entry is.  Raises Invalid, and what the ledger refuses."""
    links: dict[str, list[Transaction]] = {}
    made: list[tuple[Portfolio, dict[str, Any]]] = []
    for told in brought.rows(PORTFOLIO):
        portfolio = create_portfolio(
            person,
            **{name: told[name] for name in _SETTINGS},
            benchmark=brought.here(INSTRUMENT, told["benchmark"]),
            blend=brought.here("market.benchmark", told["blend"]),
        )
        brought.place(PORTFOLIO, told["id"], portfolio)
        made.append((portfolio, told))
        _read_ledger(person, portfolio, brought, f"ledgers/{told['id']}.json", links)
    _tie(links)
    for portfolio, told in made:
        if told["locked_until"]:
            lock_portfolio(person, portfolio, min(date.fromisoformat(told["locked_until"]), timezone.localdate()))
        if told["archived_at"]:
            Portfolio.objects.filter(pk=portfolio.pk).update(archived_at=datetime.fromisoformat(told["archived_at"]))
    if found := check_integrity([portfolio.pk for portfolio, _ in made]):
        raise Invalid(f"The ledger that was read in does not balance: {found[0].what}. Nothing was taken in.")


def _read_ledger(person: Any, portfolio: Portfolio, brought: Brought, path: str, links: dict[str, list[Transaction]]) -> None:
    told = [json.loads(line) for line in brought.lines(path)]
    try:
        drafts = [_draft(one, brought) for one in told]
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Invalid(f"{path} is not as it was exported ({type(problem).__name__}). Export again, and bring that file.") from None
    rows = record_many(person, portfolio, drafts)
    referred = [row.pk for row, one in zip(rows, told, strict=True) if one.get("fx_source") == RateSource.REFERENCE]
    for start in range(0, len(referred), 500):
        Transaction.objects.filter(pk__in=referred[start : start + 500]).update(fx_source=RateSource.REFERENCE)
    for row, one in zip(rows, told, strict=True):
        if one.get("link"):
            links.setdefault(one["link"], []).append(row)


def _tie(links: Mapping[str, list[Transaction]]) -> None:
    """The two sides of a transfer between two portfolios know each other again."""
    for legs in links.values():
        if len(legs) == 2:
            Transaction.objects.filter(pk__in=[leg.pk for leg in legs]).update(link=uuid4())
            Portfolio.objects.filter(pk__in=[leg.portfolio_id for leg in legs]).update(is_linked=True)


def _draft(told: Mapping[str, Any], brought: Brought) -> TransactionDraft:
    values: dict[str, Any] = {name: str(told[name]) for name in _TEXTS if name in told}
    values |= {name: exact(told[name]) for name in _NUMBERS if name in told}
    values |= {name: date.fromisoformat(told[name]) for name in _DAYS if name in told}
    if "traded_at" in told:
        values["traded_at"] = datetime.fromisoformat(told["traded_at"])
    if "instrument" in told:
        values["instrument"] = _known(brought, told["instrument"])
    values["tags"] = tuple(str(tag) for tag in told.get("tags", ()))
    values["legs"] = tuple(
        LegDraft(instrument=_known(brought, leg["instrument"]), **{name: exact(leg[name]) if name in leg else None for name in _OF_LEG})
        for leg in told.get("legs", ())
    )
    values["lots"] = tuple(_lot_of(lot) for lot in told.get("lots", ()))
    return TransactionDraft(**values)


def _lot_of(told: Mapping[str, Any]) -> LotChoice | Arriving:
    if "line" not in told:
        return Arriving(date.fromisoformat(told["acquired_on"]), *(exact(told[name]) for name in _OF_ARRIVING[1:]))
    opened = date.fromisoformat(told["opened_on"]) if "opened_on" in told else None
    return LotChoice(-int(told["line"]) - 1, exact(told["quantity"]), opened, int(told["nth"]) if "nth" in told else None)


def _known(brought: Brought, number: Any) -> Any:
    found = brought.here(INSTRUMENT, number)
    if found is None:
        raise Invalid("An instrument of the ledger is not known here. Add it first (Markets), then bring the export again.")
    return found
