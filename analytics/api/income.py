"""Income over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors import preferences_of
from analytics.api.common import CURRENCY, END, PERIOD, SLICES, START, AnswerSerializer, period_of, scope_of
from analytics.api.income_example import EXAMPLE
from analytics.selectors.income.buckets import HOLDING, KIND, LENGTHS
from analytics.selectors.income.report import IncomeAsked, IncomeReport
from analytics.selectors.income.shapes import Amounts, Bucket, Expected, HoldingIncome, Income, Payment, Withholding
from analytics.selectors.scope import Scope
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.answers import Told, only_parameters, refuse, switch_of_query
from portfolio_site.web.serializers import ExactField, UndefinedSerializer
from portfolios.selectors import InstrumentView

Number = serializers.Serializer[Any]


def _exact(said: str = "") -> ExactField:
    return ExactField(allow_null=True, help_text=said)


class AmountsSerializer(Number):
    gross = ExactField(help_text="before tax: the income of the gains of the period")
    withheld = ExactField(help_text="tax that the entries name")
    fees = ExactField()
    net = ExactField(help_text="gross − withheld − fees")


class InstrumentNamedSerializer(Number):
    instrument = serializers.IntegerField(allow_null=True, help_text="null for interest on cash")
    symbol = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class PaymentSerializer(AmountsSerializer, InstrumentNamedSerializer):
    transaction = serializers.IntegerField()
    portfolio = serializers.IntegerField()
    date = serializers.DateField()
    kind = serializers.CharField(
        help_text="dividend, reinvestment, interest, coupon, staking_reward, airdrop, stock_dividend; of accrued interest the trade"
    )
    paid = _exact("before tax, in `paid_currency`; null for accrued interest")
    paid_currency = serializers.CharField(allow_blank=True)
    rate = ExactField(help_text="report currency for one of `paid_currency`, on the entry's day")
    units = ExactField(help_text="that were held for it; 0 where it is of no units")
    lowered_cost = ExactField(help_text="what was no income because the portfolio counts dividends against the cost")
    explanation = serializers.CharField(help_text="its name as `figure` of explain with `report=income`")


class ExpectedPaymentSerializer(InstrumentNamedSerializer):
    date = serializers.DateField()
    due = serializers.DateField(help_text="before `date` where it is late")
    kind = serializers.CharField()
    certainty = serializers.ChoiceField(choices=["announced", "estimate"])
    per_unit = ExactField()
    units = ExactField()
    amount = ExactField(help_text="per_unit × units, before tax")
    amount_currency = serializers.CharField()
    value = _exact("in the report currency, at the rate of now")
    reason = serializers.CharField()
    explanation = serializers.CharField()
    undefined = UndefinedSerializer(many=True)


class IncomePartSerializer(Number):
    key = serializers.CharField(help_text="a kind, or the number of an instrument; `cash` for interest on cash")
    name = serializers.CharField()


class IncomePartAmountSerializer(Number):
    key = serializers.CharField()
    amount = ExactField()


class IncomeBucketSerializer(AmountsSerializer):
    period = serializers.CharField(help_text="2026-03, 2026-Q1 or 2026")
    start = serializers.DateField()
    end = serializers.DateField()
    parts = IncomePartAmountSerializer(many=True)
    expected = ExactField()
    expected_parts = IncomePartAmountSerializer(many=True)


class HoldingIncomeSerializer(AmountsSerializer, InstrumentNamedSerializer):
    held = serializers.BooleanField()
    last_date = serializers.DateField(allow_null=True)
    last_gross = _exact()
    next_date = serializers.DateField(allow_null=True)
    next_value = _exact()
    past_year = _exact("of the 365 days up to today")
    expected = _exact("in the next twelve months")
    income_yield = _exact("past year over value")
    yield_on_cost = _exact("past year over cost")
    growth = _exact("of what one unit is paid in a year, a year")
    undefined = UndefinedSerializer(many=True)


class WithholdingSerializer(Number):
    country = serializers.CharField(allow_blank=True, help_text="two letters; blank where it is not known")
    gross = ExactField(help_text="dividends of the period")
    withheld = ExactField()
    rate = _exact()
    reclaimable = _exact("above 15 % of the dividends, of other countries than the caller's")
    undefined = UndefinedSerializer(many=True)


class UnforeseenSerializer(InstrumentNamedSerializer):
    reason = serializers.CharField()


class IncomeSerializer(AmountsSerializer, AnswerSerializer):
    """What was paid in a period, exact, and what is expected after today, which is an estimate unless it was announced."""

    start = serializers.DateField(allow_null=True, help_text="null: since the beginning")
    end = serializers.DateField()
    as_of = serializers.DateField()
    by = serializers.ChoiceField(choices=[*LENGTHS, HOLDING])
    income_past_year = _exact("of the 365 days up to today")
    expected_income = _exact("in the next twelve months, before tax")
    income_yield = _exact("past year's income of what is held, over its value")
    expected_yield = _exact("next twelve months over the value")
    yield_on_cost = _exact("past year's income of what is held, over its cost")
    income_growth = _exact("of a year's income, a year")
    income_growth_years = serializers.IntegerField()
    reclaimable = _exact("of the tax withheld in the period")
    parts = IncomePartSerializer(many=True)
    buckets = IncomeBucketSerializer(many=True)
    by_instrument = HoldingIncomeSerializer(many=True)
    payments = PaymentSerializer(many=True)
    expected = ExpectedPaymentSerializer(many=True)
    unforeseen = UnforeseenSerializer(many=True)
    withholding = WithholdingSerializer(many=True)
    nothing_because = serializers.CharField(allow_blank=True, help_text="why nothing was paid at all")


# ── answers ─────────────────────────────────────────────────────────────────


def _amounts(one: Amounts) -> dict[str, Any]:
    return {"gross": plain(one.gross), "withheld": plain(one.withheld), "fees": plain(one.fees), "net": plain(one.net)}


def _named(view: InstrumentView | None) -> dict[str, Any]:
    if view is None:
        return {"instrument": None, "symbol": "", "name": ""}
    return {"instrument": view.id, "symbol": view.symbol, "name": view.name}


def _payment(one: Payment) -> dict[str, Any]:
    return {
        "transaction": one.entry,
        "portfolio": one.portfolio_id,
        "date": one.day,
        "kind": one.kind,
        **_named(one.instrument),
        **_amounts(one.amounts),
        "paid": None if one.paid is None else plain(one.paid),
        "paid_currency": one.currency,
        "rate": plain(one.rate),
        "units": plain(one.units),
        "lowered_cost": plain(one.lowered),
        "explanation": one.why_name,
    }


def _expected(one: Expected) -> dict[str, Any]:
    told = Told()
    return {
        **_named(one.instrument),
        "date": one.day,
        "due": one.due,
        "kind": one.kind,
        "certainty": "announced" if one.is_announced else "estimate",
        "per_unit": plain(one.each),
        "units": plain(one.units),
        "amount": plain(one.amount),
        "amount_currency": one.currency,
        "value": told("value", one.value),
        "reason": one.reason,
        "explanation": one.why_name,
        "undefined": told.undefined,
    }


def _bucket(one: Bucket) -> dict[str, Any]:
    return {
        "period": one.text,
        "start": one.first,
        "end": one.last,
        **_amounts(one.amounts),
        "parts": [{"key": key, "amount": plain(amount)} for key, amount in one.paid.items() if amount],
        "expected": plain(one.to_come),
        "expected_parts": [{"key": key, "amount": plain(amount)} for key, amount in one.expected.items()],
    }


def _holding(row: HoldingIncome) -> dict[str, Any]:
    told = Told()
    if row.next is None:
        told.undefined.append({"figure": "next", "reason": row.why_no_next})
    return {
        **_named(row.instrument),
        "held": row.is_held,
        **_amounts(row.amounts),
        "last_date": None if row.last is None else row.last.day,
        "last_gross": None if row.last is None else plain(row.last.amounts.gross),
        "next_date": None if row.next is None else row.next.day,
        "next_value": None if row.next is None else told("next_value", row.next.value),
        "past_year": told("past_year", row.past_year),
        "expected": told("expected", row.expected),
        "income_yield": told("income_yield", row.income_yield),
        "yield_on_cost": told("yield_on_cost", row.yield_on_cost),
        "growth": told("growth", row.growth),
        "undefined": told.undefined,
    }


def _withholding(row: Withholding) -> dict[str, Any]:
    told = Told()
    return {
        "country": row.country,
        "gross": plain(row.amounts.gross),
        "withheld": plain(row.amounts.withheld),
        "rate": told("rate", row.rate),
        "reclaimable": told("reclaimable", row.reclaimable),
        "undefined": told.undefined,
    }


def answer_of(found: Income, portfolios: list[int], by: str) -> dict[str, Any]:
    """The report as an answer; by holding it has no buckets."""
    told = Told(found.warnings)
    return {
        "portfolios": portfolios,
        "currency": found.currency,
        "start": found.start,
        "end": found.end,
        "as_of": found.today,
        "by": by,
        **_amounts(found.amounts),
        "income_past_year": told("income_past_year", found.past_year),
        "expected_income": told("expected_income", found.expected_year),
        "income_yield": told("income_yield", found.income_yield),
        "expected_yield": told("expected_yield", found.expected_yield),
        "yield_on_cost": told("yield_on_cost", found.yield_on_cost),
        "income_growth": told("income_growth", found.growth),
        "income_growth_years": found.growth_years,
        "reclaimable": told("reclaimable", found.reclaimable),
        "parts": [{"key": key, "name": name} for key, name in found.parts],
        "buckets": [] if by == HOLDING else [_bucket(one) for one in found.buckets],
        "by_instrument": [_holding(row) for row in found.holdings],
        "payments": [_payment(one) for one in found.payments],
        "expected": [_expected(one) for one in found.expected],
        "unforeseen": [{**_named(one.instrument), "reason": one.reason} for one in found.unforeseen],
        "withholding": [_withholding(row) for row in found.withholding],
        "nothing_because": found.why_empty,
        **told.told(),
    }


# ── what is asked ───────────────────────────────────────────────────────────

BY = OpenApiParameter(
    "by",
    str,
    enum=[*LENGTHS, HOLDING],
    description="what `buckets` are; where missing, by the length of the period; `holding`: none, see `by_instrument`",
)
STACK = OpenApiParameter("stack", str, enum=[KIND, HOLDING], description="what buckets are divided by; where missing, by kind")
EXPECTED = OpenApiParameter("expected", bool, description="whether payments to come are told; they are where it is missing")
PARAMETERS = [PERIOD, START, END, BY, STACK, EXPECTED, CURRENCY, *SLICES]


def income_of_query(request: Request, scope: Scope) -> tuple[IncomeReport, str]:
    """The report asked for, and by what.  Raises ValidationError."""
    start, end = period_of(request)
    by, stack = (request.query_params.get(name, "").strip().lower() for name in ("by", "stack"))
    if by and by not in (*LENGTHS, HOLDING):
        raise refuse("by", f"Use one of: {', '.join((*LENGTHS, HOLDING))}.")
    if stack and stack not in (KIND, HOLDING):
        raise refuse("stack", f"Use one of: {KIND}, {HOLDING}.")
    expected = "expected" not in request.query_params or switch_of_query(request, "expected")
    residence = preferences_of(request.user).tax_residence
    report = IncomeReport(scope, IncomeAsked(start, end, by if by in LENGTHS else "", stack or KIND, expected, residence))
    return report, by or report.by


class IncomeView(APIView):
    @extend_schema(operation_id="income", parameters=PARAMETERS, responses=IncomeSerializer, tags=["analytics"], examples=[EXAMPLE])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Dividends, interest, coupons and rewards of a period, with the tax withheld; what is expected in the next twelve months; yields and growth.

        What was paid is exact, and adds up to the income of `gains`. What is to come was announced, or is an estimate by the rhythm of past payments;
        each says which and why.
        """
        only_parameters(request, PARAMETERS)
        scope = scope_of(request, pk)
        report, by = income_of_query(request, scope)
        return Response(answer_of(report.result, [portfolio.pk for portfolio in scope.portfolios], by))


@extend_schema_view(get=extend_schema(operation_id="income_of_all"))
class AllIncomeView(IncomeView):
    """The same over the union of one's portfolios."""
