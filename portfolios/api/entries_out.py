"""Entries as programs are told them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from portfolio_site.web.etags import etag_of
from portfolio_site.web.serializers import ExactField
from portfolios import selectors
from portfolios.choices import CostMethod, TransactionKind
from portfolios.kinds import RULES
from portfolios.ledger.events import Event
from portfolios.lot_records import arriving_of, choices_of
from portfolios.models import Transaction, TransactionLeg
from portfolios.selectors.rows import legs_of

ZERO = Decimal(0)


def _number(**kwargs: Any) -> Any:
    return ExactField(allow_null=True, **kwargs)


class LegAnswerSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    ratio_new = ExactField()
    ratio_old = ExactField()
    cost_share = ExactField()
    fraction = _number()
    cash = _number()
    local_rate = _number(help_text="null where both are in one currency")


class LotAnswerSerializer(serializers.Serializer[Any]):
    """A lot that a sale names has `transaction`, and of its name what was said; one that a transfer in carries the other fields."""

    transaction = serializers.IntegerField(required=False)
    opened_on = serializers.DateField(required=False)
    nth = serializers.IntegerField(required=False)
    quantity = ExactField()
    acquired_on = serializers.DateField(required=False)
    cost = ExactField(required=False)
    cost_local = ExactField(required=False)


class CashAnswerSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = ExactField(help_text="with its sign")


class TransactionAnswerSerializer(serializers.Serializer[Any]):
    """One entry, as it is told."""

    id = serializers.IntegerField(help_text="stays when the entry is edited")
    portfolio = serializers.IntegerField()
    type = serializers.ChoiceField(choices=TransactionKind.choices)
    date = serializers.DateField()
    time = serializers.DateTimeField(allow_null=True)
    settles_on = serializers.DateField(allow_null=True)
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    quantity = _number()
    price = _number()
    amount = _number(help_text="the cash that moved")
    fees = ExactField()
    taxes = ExactField()
    accrued = _number()
    currency = serializers.CharField()
    settlement_currency = serializers.CharField()
    fx_rate = _number(help_text="1 in the portfolio's own currency; null where no money moves")
    fx_source = serializers.ChoiceField(choices=[("own", "own"), ("reference", "reference"), ("none", "none")])
    costs_currency = serializers.CharField(help_text='"" where fees and taxes are in the settlement currency')
    costs_rate = _number()
    given_amount = _number()
    reinvested_quantity = _number()
    ratio_new = _number()
    ratio_old = _number()
    legs = LegAnswerSerializer(many=True)
    cost_share = _number()
    acquired_on = serializers.DateField(allow_null=True)
    method = serializers.ChoiceField(choices=[("", "the portfolio's"), *CostMethod.choices])
    lots = LotAnswerSerializer(many=True)
    cash = CashAnswerSerializer(many=True, help_text="what the entry does to cash, by currency")
    notes = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    external_id = serializers.CharField()
    reference = serializers.CharField()
    link = serializers.UUIDField(allow_null=True, help_text="both sides of a transfer between two portfolios have the same")
    proposal = serializers.IntegerField(allow_null=True, help_text="the corporate action that it comes from")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text='"" where it was entered by hand or by a program'
    )
    recorded_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)


class TransactionPageSerializer(serializers.Serializer[Any]):
    results = TransactionAnswerSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class BatchAnswerSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    transactions = TransactionAnswerSerializer(many=True)


def answers_of(rows: Sequence[Transaction]) -> list[dict[str, Any]]:
    """The entries as told; their instruments, and the legs of those that may have some, must be loaded.  Queries as paid_while_short."""
    short = selectors.paid_while_short(rows)
    return [_answer_of(row, short=row.pk in short) for row in rows]


def answer_of(row: Transaction) -> dict[str, Any]:
    """The same of one entry."""
    return answers_of([row])[0]


def _answer_of(row: Transaction, *, short: bool) -> dict[str, Any]:
    event = selectors.event_of(row)
    return {
        "id": row.entry,
        "portfolio": row.portfolio_id,
        "type": row.kind,
        "date": row.traded_on,
        "time": row.traded_at,
        "settles_on": row.settles_on,
        "instrument": row.instrument_id,
        "symbol": row.instrument.symbol if row.instrument else None,
        "name": row.instrument.name if row.instrument else None,
        "quantity": row.quantity,
        "price": row.price,
        "amount": _amount(row, event),
        "fees": row.fees or ZERO,
        "taxes": row.taxes or ZERO,
        "accrued": row.accrued,
        "currency": row.currency,
        "settlement_currency": row.settles_in,
        "fx_rate": event.fx_rate if RULES[row.kind].moves_cash else None,
        "fx_source": row.fx_source or "none",
        "costs_currency": row.costs_currency,
        "costs_rate": row.costs_rate,
        "given_amount": row.given_amount,
        "reinvested_quantity": row.reinvested_quantity,
        "ratio_new": row.ratio_new,
        "ratio_old": row.ratio_old,
        "legs": [_leg(leg) for leg in legs_of(row)],
        "cost_share": row.cost_share,
        "acquired_on": row.acquired_on,
        "method": row.method,
        "lots": lots_told(row),
        "cash": [{"currency": str(move.currency), "amount": move.amount} for move in selectors.cash_moves(event, short=short) if move.amount],
        "notes": row.notes,
        "tags": row.tags or [],
        "external_id": row.external_id,
        "reference": row.reference,
        "link": row.link,
        "proposal": row.proposal_id,
        "source": row.source,
        "recorded_at": row.recorded_at,
        "voided_at": row.voided_at,
    }


def _amount(row: Transaction, event: Event) -> Decimal | None:
    """As recorded; of a trade or dividend that has a price alone, the cash that moved."""
    rule = RULES[row.kind]
    amount: Decimal | None = row.amount
    if amount is not None or not (rule.price and rule.direction):
        return amount
    return rule.direction * selectors.cash_effect(event)


def _leg(leg: TransactionLeg) -> dict[str, Any]:
    return {
        "instrument": leg.instrument_id,
        "symbol": leg.instrument.symbol,
        "ratio_new": leg.ratio_new,
        "ratio_old": leg.ratio_old,
        "cost_share": leg.cost_share,
        "fraction": leg.fraction,
        "cash": leg.cash,
        "local_rate": leg.local_rate,
    }


def lots_told(row: Transaction) -> list[dict[str, Any]]:
    """The lots that an entry names or carries."""
    if RULES[row.kind].acquired:
        return [lot._asdict() for lot in arriving_of(row.lots)]
    named = [{"transaction": lot.event_id, "opened_on": lot.opened_on, "nth": lot.nth, "quantity": lot.quantity} for lot in choices_of(row.lots)]
    return [{name: value for name, value in lot.items() if value is not None} for lot in named]


def version_of(row: Transaction) -> str:
    """The entry's ETag: each version has its own."""
    return etag_of("transaction", row.pk)
