"""One instrument as a person holds it: price with trades, lots, what was sold, where the gain came from."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics import selectors
from analytics.selectors import Explanations, HoldingDetail, PriceMark
from analytics.selectors.explaining import names as explain_names
from analytics.views.choice import Choice, choice_of
from analytics.views.explain import explanation_page
from analytics.views.instrument_chart import level_of
from analytics.views.tables import class_name
from market.choices import Quality
from market.models import Instrument
from market.selectors import get_instrument
from portfolio_site.kernel.dates import years_before
from portfolio_site.web import charts
from portfolio_site.web.numbers import money, price_paid, qty
from portfolio_site.web.pages import render_page
from portfolio_site.web.times import country_name
from portfolios.choices import CostMethod
from portfolios.selectors import under_method


@require_GET
@login_required
def holding(request: HttpRequest, pk: int) -> HttpResponse:
    """The instrument `pk` in the portfolio `?p=` or in all; `?why=` the figure to explain, of the lot that the entry `?lot=` opened,
    or of the sale `?sale=`, where they stand there; `?as_of=` and `?known_at=` the moment."""
    choice = choice_of(request, timed=True)
    instrument = get_instrument(request.user, pk)
    moment = choice.moment
    detail = selectors.holding_detail(
        request.user, choice.portfolios, instrument, currency=choice.currency, as_of=moment.as_of, known_at=moment.known_at
    )
    why = request.GET.get("why", "")
    context = _context(choice, detail)
    if why:
        asked = _lot_asked(request, choice, instrument)
        return explanation_page(request, asked or detail.explanations, why, {**context, "others": _others(asked, why)})
    return render_page(request, "analytics/holding.html", context, fragment="position", currencies={detail.currency, detail.instrument.currency})


def _lot_asked(request: HttpRequest, choice: Choice, instrument: Instrument) -> Explanations | None:
    """The explanations of the lot or the sale in the address, or of what the sale took from the lot, under `?method=` where that stands there; None where there stands neither.  Raises NotFound for somebody else's."""
    number, sale = _number(request, "lot"), _number(request, "sale")
    if number is None and sale is None:
        return None
    opened = request.GET.get("opened_on", "")
    try:
        on = date.fromisoformat(opened) if opened else None
    except ValueError:
        on = None
    nth, method = _number(request, "nth"), request.GET.get("method", "")
    portfolios = under_method(choice.portfolios, method) if method in CostMethod.values else choice.portfolios
    moment: dict[str, Any] = {"as_of": choice.moment.as_of, "known_at": choice.moment.known_at}
    if sale is not None:
        return selectors.sale_explanations_of(request.user, portfolios, instrument, sale, number, on, nth, **moment)
    return selectors.lot_explanations_of(request.user, portfolios, instrument, number or 0, on, nth, **moment)


def _others(asked: Explanations | None, why: str) -> list[tuple[str, str]]:
    """The names and words of the other figures of the same lot or sale, which its explanation leads to."""
    return [(name, explain_names.SAID[name]) for name in asked or () if name != why]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _context(choice: Choice, detail: HoldingDetail) -> dict[str, Any]:
    history = _history(detail)
    chart = charts.price(history) if len(history.days) > 1 else None
    gained = charts.Waterfall([charts.Step(name, figure) for name, figure in detail.parts if figure.known and figure.value], detail.currency)
    years = [str(one.year) for one in detail.income]
    row = detail.row
    methods = {portfolio.get_cost_method_display() for portfolio in choice.portfolios if portfolio.pk in {one.portfolio_id for one in detail.lots}}
    return {
        "page": "holdings",
        **choice.context(),
        "detail": detail,
        "average_quoted": selectors.as_quoted(detail.average_cost_local, detail.instrument),
        "instrument": detail.instrument,
        "row": row,
        "table": detail.table,
        "whys": set(detail.explanations),
        "currency": detail.currency,
        "class_name": class_name(detail.instrument.asset_class),
        "country": country_name(detail.instrument.country) if detail.instrument.country else "",
        "simulated": row is not None and row.quote is not None and row.quote.quality == Quality.SIMULATED,
        "names": {portfolio.pk: portfolio.name for portfolio in choice.all},
        "owners": [portfolio for portfolio in choice.portfolios if row is not None and portfolio.pk in row.portfolio_ids],
        "still": not choice.moment.is_now,
        "method": next(iter(methods)) if len(methods) == 1 else "",
        "several": len({one.portfolio_id for one in detail.lots}) > 1,
        "chart": chart,
        "history_from": detail.days[0] if detail.days else None,
        "chart_from": history.days[0] if history.days else None,
        "closes": list(zip(history.days, history.closes, strict=True))[-1:-200:-7],
        "fallback": history.closes,
        "alert_at": level_of(history.closes[-1]) if chart and choice.moment.is_now else None,
        "gained": gained if gained.steps else None,
        "gained_chart": gained.figure() if gained.steps else None,
        "income_chart": charts.bars(years, [one.net for one in detail.income], detail.currency) if years else None,
        "previous_url": reverse("holding", args=[detail.previous_id]) + choice.suffix if detail.previous_id else "",
        "next_url": reverse("holding", args=[detail.next_id]) + choice.suffix if detail.next_id else "",
    }


def _history(detail: HoldingDetail) -> charts.PriceHistory:
    """Closes from a year before the first entry on, so that what was done stands in the middle of the chart; all where nothing was."""
    code, worth = detail.instrument.price_unit, _worth_of_quote(detail)
    average = selectors.as_quoted(detail.average_cost_local, detail.instrument)
    since = years_before(min(mark.day for mark in detail.marks), 1) if detail.marks else None
    start = next((i for i, day in enumerate(detail.days) if since is None or day >= since), 0)
    return charts.PriceHistory(
        days=detail.days[start:],
        closes=[close / worth for close in detail.closes[start:]],
        currency=code,
        average_cost=float(average.value) if average.value is not None else None,
        average_cost_text=f"Average cost {price_paid(average, code)}" if average.known else "",
        buys=[_mark(mark, code, worth) for mark in detail.marks if mark.side == "in"],
        sales=[_mark(mark, code, worth) for mark in detail.marks if mark.side == "out"],
        dividends=[_mark(mark, code, worth) for mark in detail.marks if mark.side == "paid"],
    )


def _worth_of_quote(detail: HoldingDetail) -> float:
    """What a quote of 1 is worth, where prices are shown as quoted: a bond's, in percent of par."""
    return float(detail.instrument.price_factor) if detail.instrument.in_percent else 1.0


def _mark(mark: PriceMark, unit: str, worth: float) -> charts.Mark:
    """What hovering a mark says: "Buy 60 at $113.62", "Buy 5,000 at 98.42%", "Dividend €11.20"."""
    name, price = mark.kind.replace("_", " ").capitalize(), mark.price / worth
    if mark.side == "paid" or mark.quantity is None:
        return charts.Mark(mark.day, price, f"{name} {money(mark.amount)}" if mark.amount.known else name)
    return charts.Mark(mark.day, price, f"{name} {qty(mark.quantity)} at {price_paid(price, unit)}")
