"""Entries as programs send them, and what the ledger takes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rest_framework import serializers

from market.models import Instrument
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.answers import KnownFields
from portfolio_site.web.serializers import CurrencyField, DayField, ExactField, WordField
from portfolios.api.common import InstrumentField, find_all, look_up
from portfolios.api.entries_out import TransactionAnswerSerializer
from portfolios.choices import CostMethod, TransactionKind
from portfolios.ledger.events import Arriving, LotChoice
from portfolios.services import LegDraft, TransactionDraft

MOST_IN_A_BATCH = 10_000
MOST_LOTS = 500
_INSIDE = {"type": "kind", "date": "traded_on", "time": "traded_at"}
_NAMES_INSTRUMENT = frozenset({"symbol", "isin", "exchange", "portfolio", "instrument"})


def _number(**kwargs: Any) -> Any:
    return ExactField(required=False, allow_null=True, **kwargs)


class LegSerializer(KnownFields):
    """What a spin-off, merger or symbol change gives: `ratio_new` units of an instrument for each `ratio_old`."""

    instrument = InstrumentField(required=False, allow_null=True)
    symbol = serializers.CharField(max_length=32, required=False, allow_blank=True, allow_null=True)
    isin = serializers.CharField(max_length=12, required=False, allow_blank=True)
    exchange = serializers.CharField(max_length=40, required=False, allow_blank=True)
    ratio_new = _number(help_text="1 where missing")
    ratio_old = _number(help_text="1 where missing")
    cost_share = _number(help_text="fraction of the cost that goes along, 0 to 1; one leg of a merger may leave it out and takes the rest")
    fraction = _number(help_text="units of it that were paid in `cash` instead")
    cash = _number(help_text="in the settlement currency")
    local_rate = _number(help_text="its currency for one unit of the source's; the day's reference rate where missing")


class LotSerializer(KnownFields):
    """A lot that a sale names (`transaction`, or `row` of the same batch), or that a transfer in carries (the other fields)."""

    transaction = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=10**18 - 1, help_text="the entry that opened the lot"
    )
    row = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MOST_IN_A_BATCH, help_text="its place in the batch, from 0"
    )
    opened_on = DayField(
        required=False, allow_null=True, help_text="the lot's day, where that entry opened several: a transfer brings lots of many days"
    )
    nth = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_LOTS,
        help_text="which it is, where it opened several of one day; as lots tell it",
    )
    quantity = ExactField()
    acquired_on = DayField(required=False, allow_null=True)
    cost = _number(help_text="in the settlement currency")
    cost_local = _number(help_text="in the instrument's currency")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = attrs.get("transaction") is not None or attrs.get("row") is not None
        carried = [attrs.get(name) is not None for name in ("acquired_on", "cost", "cost_local")]
        if named == any(carried) or (any(carried) and not all(carried)):
            said = "Give the `transaction` that opened the lot; or, of a transfer in, `acquired_on`, `cost` and `cost_local`."
            raise serializers.ValidationError({"transaction": [serializers.ErrorDetail(said, code="required")]})
        return attrs


class TransactionSerializer(KnownFields):
    """One entry, as it is sent.  `price` is in `currency`; `amount`, `fees` and `taxes` in `settlement_currency`."""

    told = frozenset(TransactionAnswerSerializer().fields)

    type = WordField(choices=TransactionKind.choices)
    date = DayField(required=False, help_text="of the trade, in its market; needed unless `time` is given")
    time = serializers.DateTimeField(required=False, allow_null=True, help_text="with offset, where it is known")
    settles_on = DayField(required=False, allow_null=True, help_text="when units and money change hands")
    instrument = InstrumentField(required=False, allow_null=True)
    symbol = serializers.CharField(max_length=32, required=False, allow_blank=True, allow_null=True)
    isin = serializers.CharField(max_length=12, required=False, allow_blank=True)
    exchange = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="tells listings of one symbol apart")
    quantity = _number(help_text="units; of a split the fraction that was paid in cash; of an adjustment with its sign")
    price = _number(help_text="of one unit as it is quoted, a bond in percent of par")
    amount = _number(
        help_text="the cash that moved, after fees and taxes; of a transfer in the cost it carries, of a reward what it was worth, of a merger the cash "
        "for all units, below zero where it was paid on top"
    )
    fees = _number()
    taxes = _number()
    accrued = _number(help_text="interest of a bond, on top of the price")
    currency = CurrencyField(
        required=False, allow_blank=True, help_text="of the price, the instrument's where missing; of an exchange what was received"
    )
    settlement_currency = CurrencyField(required=False, allow_blank=True, help_text="`currency` where missing; of an exchange what was given")
    fx_rate = _number(help_text="units of the portfolio's currency for one of the settlement currency; the day's reference rate where missing")
    costs_currency = CurrencyField(required=False, allow_blank=True, help_text="of fees and taxes, where it is another than the settlement currency")
    costs_rate = _number(help_text="units of the portfolio's currency for one of `costs_currency`; the day's reference rate where missing")
    given_amount = _number(help_text="of an exchange: what was given for `amount`")
    reinvested_quantity = _number(help_text="units that a dividend bought in one step")
    ratio_new = _number(help_text="of a split: 4 for 4:1")
    ratio_old = _number(help_text="of a split: 1 for 4:1")
    legs: Any = serializers.ListSerializer(child=LegSerializer(), required=False, max_length=20, help_text="of a spin-off, merger or symbol change")
    cost_share = _number(help_text="of a merger: the fraction of the cost that its cash stands for")
    acquired_on = DayField(required=False, allow_null=True, help_text="of units transferred in")
    method = WordField(choices=CostMethod.choices, required=False, allow_blank=True, help_text="of this sale alone")
    lots: Any = serializers.ListSerializer(
        child=LotSerializer(), required=False, max_length=MOST_LOTS, help_text="the lots that a sale takes, or that a transfer in carries"
    )
    notes = serializers.CharField(max_length=4000, required=False, allow_blank=True, trim_whitespace=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=200, allow_blank=True), required=False, max_length=200)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    reference = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="where the document is")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        attrs: dict[str, Any] = super().to_internal_value(data)
        moment: datetime | None = attrs.get("time")
        if moment is not None and "date" not in attrs and not self.partial:
            attrs["date"] = day_as_written(data, moment)
        return attrs

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not self.partial and attrs.get("date") is None:
            raise serializers.ValidationError({"date": [serializers.ErrorDetail("Give the date of the trade, or its time.", code="required")]})
        return attrs


class TransactionWithPortfolioSerializer(TransactionSerializer):
    portfolio = serializers.IntegerField(required=False, min_value=1, max_value=10**18 - 1, help_text="may be left out by who has one portfolio")


class BatchSerializer(KnownFields):
    transactions: Any = serializers.ListSerializer(child=TransactionSerializer(), allow_empty=False, max_length=MOST_IN_A_BATCH)


def day_as_written(data: Any, moment: datetime) -> Any:
    """The calendar day of the time in its own offset, not in the server's zone."""
    text = data.get("time") if isinstance(data, Mapping) else None
    try:
        return datetime.fromisoformat(text).date() if isinstance(text, str) else moment.date()
    except ValueError:
        return moment.date()


# ── a batch ─────────────────────────────────────────────────────────────────


def batch_of(user: Any, data: Any) -> tuple[list[TransactionDraft], dict[int, list[FieldError]]]:
    """The entries of a batch as drafts, and what could not be read of them by their place, so that the ledger tells all else with it.

    Two queries for instruments.  Raises ValidationError where the batch as a whole is not one.
    """
    wanted = BatchSerializer(data=data)
    if wanted.is_valid():
        rows, unread = list(wanted.validated_data["transactions"]), {}
    else:
        told = wanted.errors.get("transactions")
        if len(wanted.errors) > 1 or not isinstance(told, Mapping) or not all(isinstance(place, int) for place in told):
            raise serializers.ValidationError(wanted.errors)
        unread = {place: list(_flat(wrong)) for place, wrong in told.items()}
        reader = TransactionSerializer(partial=True)  # one for all: its fields take longer to make than a row to read
        rows = [_readable(reader, row, told.get(place, {})) for place, row in enumerate(data["transactions"])]
    asked, places = _instruments_asked(rows, batch=True)
    found, unknown = look_up(user, asked, places)
    for path, details in unknown.items():
        _, place, field = path.split(".", 2)
        unread.setdefault(int(place), []).extend(FieldError(field, detail.code or "invalid", str(detail)) for detail in details)
    return [TransactionDraft(**{"kind": "", "traded_on": None, **values}) for values in _all_inside(rows, found)], unread


def _flat(errors: Any, path: str = "") -> Iterator[FieldError]:
    """The errors of one row by field, in the names of the ledger."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            part = "" if name == "non_field_errors" else _INSIDE.get(str(name), str(name))
            yield from _flat(inner, ".".join(filter(None, (path, part))))
    elif isinstance(errors, list):
        for place, inner in enumerate(errors):
            yield from _flat(inner, path if isinstance(inner, str) else f"{path}.{place}")
    else:
        yield FieldError(path, getattr(errors, "code", "invalid"), str(errors))


def _readable(reader: TransactionSerializer, row: Any, wrong: Mapping[str, Any]) -> dict[str, Any]:
    """What can be read of a row whose other fields are wrong."""
    if not isinstance(row, Mapping):
        return {}
    try:
        values = dict(reader.run_validation({name: value for name, value in row.items() if name not in wrong}))
    except serializers.ValidationError:
        return {}
    if values.get("time") is not None and "date" not in values and "date" not in wrong:
        values["date"] = day_as_written(row, values["time"])
    return values


# ── what the ledger takes ───────────────────────────────────────────────────


def fields_of(user: Any, rows: Sequence[Mapping[str, Any]], *, batch: bool = False) -> list[dict[str, Any]]:
    """The entries in the names of TransactionDraft, with their instruments.  Two queries.  Raises ValidationError by field.

    Only what was sent is there.  In a batch, fields are named with their row.
    """
    asked, places = _instruments_asked(rows, batch=batch)
    return list(_all_inside(rows, find_all(user, asked, places)))


def _instruments_asked(rows: Sequence[Mapping[str, Any]], *, batch: bool) -> tuple[list[Mapping[str, Any]], list[str]]:
    """What names an instrument: each row and each of its legs, with what stands before its fields in errors."""
    asked: list[Mapping[str, Any]] = []
    places: list[str] = []
    for number, row in enumerate(rows):
        prefix = f"transactions.{number}." if batch else ""
        asked.append(row)
        places.append(prefix)
        for place, leg in enumerate(row.get("legs", ())):
            asked.append(leg)
            places.append(f"{prefix}legs.{place}.")
    return asked, places


def _all_inside(rows: Sequence[Mapping[str, Any]], found: Iterable[Instrument | None]) -> Iterator[dict[str, Any]]:
    each = iter(found)
    for row in rows:
        yield _inside(row, next(each), [next(each) for _ in row.get("legs", ())])


def drafts_of(user: Any, rows: Sequence[Mapping[str, Any]], *, batch: bool = False) -> list[TransactionDraft]:
    """The entries as drafts.  Queries and errors as `fields_of`."""
    return [TransactionDraft(**values) for values in fields_of(user, rows, batch=batch)]


def _inside(values: Mapping[str, Any], instrument: Instrument | None, legs: Sequence[Instrument | None]) -> dict[str, Any]:
    named = {_INSIDE.get(name, name): value for name, value in values.items() if name not in _NAMES_INSTRUMENT}
    if instrument is not None or "instrument" in values:
        named["instrument"] = instrument
    if "legs" in values:
        named["legs"] = tuple(_leg(leg, one) for leg, one in zip(values["legs"], legs, strict=True))
    if "lots" in values:
        named["lots"] = tuple(_lot(lot) for lot in values["lots"])
    if "tags" in values:
        named["tags"] = tuple(values["tags"])
    return named


def _leg(values: Mapping[str, Any], instrument: Instrument | None) -> LegDraft:
    given = {name: value for name, value in values.items() if name not in _NAMES_INSTRUMENT and value is not None}
    return replace(LegDraft(instrument=instrument), **given)


def _lot(values: Mapping[str, Any]) -> LotChoice | Arriving:
    if values.get("acquired_on") is not None:
        return Arriving(values["acquired_on"], values["quantity"], values["cost"], values["cost_local"])
    number = values.get("transaction")
    place = values.get("row")
    return named_lot(-(place or 0) - 1 if number is None else number, values)


def named_lot(number: int, values: Mapping[str, Any]) -> LotChoice:
    """A lot that a program names; it must be the only one of that name."""
    return LotChoice(number, values["quantity"], values.get("opened_on"), values.get("nth"), sole=True)
