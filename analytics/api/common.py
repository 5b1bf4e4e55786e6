"""What the endpoints of this app share: how numbers become text, what may be asked, and what every answer has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from accounts.selectors import preferences_of
from analytics.selectors import Scope
from analytics.selectors.slicing import conditions_of, subset_of
from market.selectors import BenchmarkView, benchmark_of_instrument, find_instrument, get_benchmark, get_blend, get_instrument
from portfolio_site.kernel.money import UnknownCurrency
from portfolio_site.kernel.periods import UnreadablePeriod, read_period
from portfolio_site.web.answers import ToldSerializer, day_of_query, refuse, switch_of_query, word_of_query
from portfolio_site.web.serializers import currency_of
from portfolios.choices import CostMethod
from portfolios.models import Portfolio
from portfolios.selectors import get_portfolio, portfolios_of, refuse_other_owners, under_method

NET, GROSS = "net", "gross"

# ── schemas ─────────────────────────────────────────────────────────────────


class AnswerSerializer(ToldSerializer):
    """What every answer with figures has."""

    portfolios = serializers.ListField(child=serializers.IntegerField())
    currency = serializers.CharField()


# ── numbers as text ─────────────────────────────────────────────────────────


def money_texts(numbers: Any) -> list[str]:
    return [_trimmed(f"{number:.6f}") for number in np.round(numbers, 6).tolist()]


def ratio_texts(numbers: Any) -> list[str]:
    return [_trimmed(f"{number:.12f}") for number in np.round(numbers, 12).tolist()]


def _trimmed(number: str) -> str:
    short = number.rstrip("0").rstrip(".")
    return "0" if short in {"-0", ""} else short


# ── what is asked ───────────────────────────────────────────────────────────


def period_of(request: Request) -> tuple[date | None, date | None]:
    """First and last day that `period`, or `start` and `end`, ask for; None for the first entry and for today."""
    if text := request.query_params.get("period", "").strip():
        for name in ("start", "end"):
            if request.query_params.get(name):
                raise refuse(name, "Give either `period`, or `start` and `end`.")
        try:
            span = read_period(text, timezone.localdate())
        except UnreadablePeriod as problem:
            raise refuse("period", str(problem)) from None
        return span.start, span.end
    start, end = day_of_query(request, "start"), day_of_query(request, "end")
    if start is not None and end is not None and end < start:
        raise refuse("end", "The end lies before the start. Exchange the two, or leave one out.")
    return start, end


def report_currency(request: Request, portfolios: Sequence[Portfolio]) -> str:
    """Asked for, or of the one portfolio, or the person's own."""
    given = request.query_params.get("currency", "").strip()
    if given:
        try:
            return str(currency_of(given))
        except UnknownCurrency as problem:
            raise refuse("currency", str(problem), "unknown_currency") from None
    if len(portfolios) == 1:
        return str(portfolios[0].base_currency)
    return str(preferences_of(request.user).base_currency)


def benchmark_of(request: Request) -> BenchmarkView | None:
    """`?benchmark=`, an instrument by number or symbol, or `?blend=`, a blend of the caller's."""
    given, blend = (request.query_params.get(name, "").strip() for name in ("benchmark", "blend"))
    if given and blend:
        raise refuse("blend", "Compare with a benchmark or with a blend, not with both.")
    if blend:
        return get_benchmark(request.user, get_blend(request.user, _number(blend)).pk)
    if not given:
        return None
    if _number(given):
        return benchmark_of_instrument(get_instrument(request.user, _number(given)))
    found = find_instrument(request.user, symbol=given[:32])
    if found is None:
        raise refuse("benchmark", f"No single instrument is meant by “{given[:32]}”. Give its id.")
    return benchmark_of_instrument(found)


def is_gross(request: Request) -> bool:
    """Whether returns are asked for before fees and taxes."""
    given = request.query_params.get("returns", "").strip().lower() or NET
    if given not in {NET, GROSS}:
        raise refuse("returns", "Returns are net or gross.")
    return given == GROSS


def looks_into_funds(request: Request) -> bool:
    """Whether the mix divides funds by what is in them; it does unless it is told not to."""
    return "look_through" not in request.query_params or switch_of_query(request, "look_through")


def method_of_query(request: Request) -> str:
    """The cost method asked for, blank where none is.  Raises ValidationError."""
    return word_of_query(request, "method", CostMethod.values)


def _number(text: str) -> int:
    """A row's number; 0, which no row has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def chosen(request: Request, pk: int | None) -> list[Portfolio]:
    """One portfolio, or all.  Raises NotFound, also for somebody else's."""
    found = list(portfolios_of(request.user)) if pk is None else [get_portfolio(request.user, pk)]
    for portfolio in found:
        if portfolio.owner_id == request.user.pk:
            portfolio.owner = request.user  # spares the query that would look the owner up
    return found


def _several(request: Request, portfolios: list[Portfolio], pk: int | None) -> list[Portfolio]:
    """Of all portfolios those that `portfolio` names.  Raises NotFound for one that is not there, ValidationError."""
    asked = {number for text in request.query_params.getlist("portfolio") if text.strip() for number in [_number(text.strip())]}
    if not asked:
        return portfolios
    if pk is not None:
        raise refuse("portfolio", "One portfolio is asked for already. Ask `/portfolios/all/…` for several.")
    known = {portfolio.pk: portfolio for portfolio in portfolios}
    found = [known[one] if one in known else get_portfolio(request.user, one) for one in sorted(asked)]
    refuse_other_owners(found)
    return found


def told_of_query(request: Request, pk: int | None) -> list[Portfolio]:
    """One portfolio, or all, as far as the conditions on holdings go.  Raises NotFound, ValidationError."""
    conditions, errors = conditions_of(request.query_params)
    for error in errors:
        raise refuse(error.field, error.detail)
    portfolios = _several(request, chosen(request, pk), pk)
    return subset_of(portfolios, conditions).portfolios(portfolios)


def scope_of(
    request: Request,
    pk: int | None,
    *,
    benchmark: BenchmarkView | None = None,
    method: str = "",
    as_of: date | None = None,
    known_at: datetime | None = None,
    gross: bool = False,
) -> Scope:
    portfolios = told_of_query(request, pk)
    if method:
        portfolios = under_method(portfolios, method)
    return Scope(portfolios, report_currency(request, portfolios), benchmark=benchmark, as_of=as_of, known_at=known_at, gross=gross)


CURRENCY = OpenApiParameter("currency", str, description="of the report; where missing, the portfolio's own, or yours for all")
START = OpenApiParameter("start", OpenApiTypes.DATE, description="first day of the period; where missing, the first entry")
END = OpenApiParameter("end", OpenApiTypes.DATE, description="last day of the period; where missing, today")
PERIOD = OpenApiParameter(
    "period", str, description="in place of `start` and `end`: 1D, WTD, MTD, YTD, 1Y, 6M, MAX; 2024, 2024-Q2, 2024-05; or two ends, `2022-06 : ytd`"
)
BENCHMARK = OpenApiParameter("benchmark", str, description="id or symbol of an instrument; where missing, the portfolio's own")
BLEND = OpenApiParameter("blend", int, description="number of one of your blends, in place of `benchmark`")
RETURNS = OpenApiParameter(
    "returns", str, enum=[NET, GROSS], description="gross: returns before fees and taxes; net where missing.  Amounts of money are what they are"
)
INTERVAL = OpenApiParameter("interval", str, enum=["day", "week", "month"], description="of the series: every day, or the last of each week or month")
LOOK_INTO = OpenApiParameter(
    "look_through", bool, description="divide funds by the parts that are known of them; where missing, on for diversification and off for value"
)
LOOK_THROUGH = OpenApiParameter("look_through", bool, description="divide funds by the parts that are known of them; off where missing")
METHOD = OpenApiParameter("method", str, enum=list(CostMethod.values), description="the cost method; where missing, the portfolio's own")

_FIELDS = {
    "holding": "numbers of instruments",
    "class": "classes of assets, such as stock, etf or bond",
    "sector": "sectors, such as Technology",
    "country": "countries by their code, such as US",
    "region": "regions, such as Europe",
    "quoted_in": "currencies of instruments, such as USD",
    "tag": "tags that an entry of them has",
}
SLICES = [
    OpenApiParameter("portfolio", int, many=True, description="of `all` alone: only these portfolios, by their numbers"),
    *(
        OpenApiParameter(
            name,
            str,
            many=True,
            description=f"only holdings of these {words}, told as a portfolio without cash; several are alternatives, `not:` before one leaves it out",
        )
        for name, words in _FIELDS.items()
    ),
]
