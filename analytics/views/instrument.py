"""The page of one instrument, for whoever looks at it, and asking the sources for its newest price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics import selectors
from analytics.views.choice import choice_of
from analytics.views.instrument_chart import action_lines, chart_context
from analytics.views.instrument_intraday import SPANS as INTRADAY_SPANS
from analytics.views.instrument_intraday import intraday_context
from analytics.views.tables import class_name
from market.choices import AssetClass, Dimension, Quality, ToldBy
from market.models import Instrument
from market.selectors import UNCLASSIFIED, Adjustment, Classification, InstrumentDetail, Span, classification, get_instrument, instrument_detail
from market.services.on_demand import asked_lately, request_intraday, request_refresh, why_not_asked
from portfolio_site.kernel.errors import DomainError, NotFound
from portfolio_site.web.pages import render_page
from portfolio_site.web.times import country_name

PARTS = frozenset({"quote", "prices", "history"})  # ids of what htmx fetches by itself
MOST_PARTS = 5  # of a fund that are shown by each dimension
FIRST_ACTIONS = 8  # that are shown before somebody asks for all


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: `?span=` (`1D` and `5D`: within the newest days), `?view=candles`, `?prices=raw`, `?before=` or `?after=` a day of the history, `?actions=all`."""

    span: Span
    intraday: str
    candles: bool
    adjustment: Adjustment
    before: date | None
    after: date | None
    all_actions: bool


@require_GET
@login_required
def instrument(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody's instrument, or one's own."""
    detail = instrument_detail(request.user, pk)
    asked, part = _asked(request), _part(request)
    context = {"page": "markets", "detail": detail, "instrument": detail.instrument, "row": detail.row, "is_part": bool(part)}
    if part != "quote":
        prices = selectors.prices_shown(detail.instrument, span=asked.span, adjustment=asked.adjustment, before=asked.before, after=asked.after)
        context |= chart_context(detail.instrument, prices, candles=asked.candles)
        context |= {"intraday_spans": INTRADAY_SPANS, "intraday_span": asked.intraday}
        context |= intraday_context(detail.instrument, asked.intraday, candles=asked.candles) if asked.intraday else {}
        context |= _actions(detail.instrument, prices, asked)
    if part in {"", "quote"}:
        context |= _asking(detail)
    if not part:
        choice = choice_of(request)
        context |= {**choice.context(), "stake": selectors.stake_in(request.user, choice.portfolios, detail.instrument, choice.currency)}
        context |= _facts(classification(request.user, detail.instrument))
    currencies = {detail.instrument.currency, str(context.get("currency") or detail.instrument.currency)}
    return render_page(request, "analytics/instrument.html", context, fragment=part, currencies=currencies)


@require_POST
@login_required
def instrument_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the sources for the newest price and the daily prices: a job does, the page looks again."""
    wanted = get_instrument(request.user, pk)
    refused = ""
    try:
        is_new = request_refresh(request.user, wanted)
    except DomainError as problem:
        refused = problem.detail
    if getattr(request, "htmx", None):
        detail = instrument_detail(request.user, pk)
        context = {"page": "markets", "detail": detail, "instrument": detail.instrument, "row": detail.row, "is_part": True, **_asking(detail)}
        return render_page(request, "analytics/instrument.html", context, fragment="quote", currencies={detail.instrument.currency})
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, "The sources are being asked." if is_new else "The sources were asked within the last minute.")
    return redirect("instrument", pk=pk)


@require_POST
@login_required
def instrument_intraday(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for the prices within the newest days: a job does, the chart looks again.  `span`: what is looked at."""
    wanted = get_instrument(request.user, pk)
    span = request.POST.get("span", "")
    try:
        request_intraday(request.user, wanted)
    except DomainError as problem:
        messages.error(request, problem.detail)
    return redirect(f"{reverse('instrument', args=[pk])}?span={span if span in INTRADAY_SPANS else '1D'}")


def _part(request: HttpRequest) -> str:
    htmx = getattr(request, "htmx", None)
    return htmx.target if htmx and not htmx.boosted and not htmx.history_restore_request and htmx.target in PARTS else ""


def _asked(request: HttpRequest) -> Asked:
    """What is none of the choices is the usual one.  Raises NotFound for a day that is none."""
    get = request.GET
    span = get.get("span", "").upper()
    return Asked(
        span=Span(span) if span in set(Span) else Span.YEAR,
        intraday=span if span in INTRADAY_SPANS else "",
        candles=get.get("view") == "candles",
        adjustment=Adjustment.RAW if get.get("prices") == Adjustment.RAW else Adjustment.SPLITS,
        before=_day(get.get("before", "")),
        after=_day(get.get("after", "")),
        all_actions=get.get("actions") == "all",
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("There is no such page of prices. Start again without it.") from None


def _actions(one: Instrument, prices: selectors.InstrumentPrices, asked: Asked) -> dict[str, Any]:
    found = prices.actions
    shown = found if asked.all_actions else found[:FIRST_ACTIONS]
    return {"actions": action_lines(one, shown), "more_actions": len(found) - len(shown), "action_count": len(found)}


def _asking(detail: InstrumentDetail) -> dict[str, Any]:
    """Whether the sources can be asked, and whether somebody just did."""
    quote = detail.row.quote
    return {
        "cannot_ask": why_not_asked(detail.instrument),
        "is_asking": _is_asking(detail),
        "simulated": quote is not None and quote.quality == Quality.SIMULATED,
        "now": timezone.now(),
    }


def _is_asking(detail: InstrumentDetail) -> bool:
    """Whether somebody asked within the last minute, and nothing came since."""
    asked_at = asked_lately([detail.instrument.pk]).get(detail.instrument.pk)
    return asked_at is not None and (detail.fetched_at is None or detail.fetched_at < asked_at)


def _facts(told: Classification) -> dict[str, Any]:
    """What it is to this person; what nobody tells is said to be unclassified, never left blank.  Parts of a fund, the largest first."""
    values = [
        (Dimension.ASSET_CLASS, "" if told.asset_class == AssetClass.OTHER else told.asset_class),
        (Dimension.SECTOR, told.sector),
        ("industry", told.industry),
        (Dimension.COUNTRY, told.country),
        (Dimension.REGION, told.region),
    ]
    parts = [
        (dimension.label, told.parts(dimension)[:MOST_PARTS], max(0, len(told.parts(dimension)) - MOST_PARTS))
        for dimension in Dimension
        if told.weights.get(dimension)
    ]
    return {
        "facts": [
            (str(name).replace("asset_", "").capitalize(), _named(name, value), told.told_by.get(str(name)) == ToldBy.OWN) for name, value in values
        ],
        "said_sector": told.said_sector,
        "facts_source": told.source,
        "parts": parts,
        "class_name": class_name(told.asset_class),
        "unclassified": UNCLASSIFIED,
    }


def _named(name: str, value: str) -> str:
    if not value:
        return UNCLASSIFIED
    return country_name(value) if name == Dimension.COUNTRY else class_name(value) if name == Dimension.ASSET_CLASS else value
