"""What weakens a person's figures, each with what mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from accounts.selectors import preferences_of
from analytics.selectors.health import Health, WeakGroup, data_health
from market.errors import UnknownInstrument
from market.selectors import get_instrument, instruments_visible_to
from market.selectors.health import Mend, Weakness, WeakPoint
from market.services.on_demand import MOST, RATES, asked_by, asked_lately, request_rates, request_refresh, request_refreshes
from market.services.status import try_source_again
from market.services.suspects import settle_suspect
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.administration import may
from portfolio_site.web.pages import render_page

TITLES = {
    Weakness.NO_PRICE: "Without a price",
    Weakness.NO_RATE: "Without an exchange rate",
    Weakness.STALE: "Old prices",
    Weakness.CONFLICT: "Sources that differ",
    Weakness.DOUBTED: "Prices kept aside",
    Weakness.NO_HISTORY: "Without earlier prices",
    Weakness.UNCLASSIFIED: "Not classified",
}
ASKED = frozenset({Mend.ASK, Mend.ASK_RATES})


@dataclass(frozen=True, slots=True)
class Row:
    """A weak point as the page shows it.

    waits     a source is being asked just now
    answered  one was asked within the last minute, and this is how it is nonetheless
    """

    point: WeakPoint
    waits: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Weak points of one kind; `askable`: instruments that all can be asked for with one button."""

    weak: WeakGroup
    title: str
    rows: tuple[Row, ...]
    askable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of those that the person asked for just now are done."""

    asked: int
    done: int


@require_GET
@login_required
def health(request: HttpRequest) -> HttpResponse:
    data = data_health(request.user, preferences_of(request.user).base_currency)
    asked = asked_lately({_place(one) for one in data.points})
    groups = [_group(weak, asked) for weak in data.groups]
    mine, waiting = asked_by(request.user), {_place(row.point) for group in groups for row in group.rows if row.waits}
    context: dict[str, Any] = {
        "page": "health",
        "data": data,
        "groups": groups,
        "is_asking": bool(waiting),
        "progress": Progress(len(mine), len(mine - waiting)) if mine & waiting else None,
        "decides": may(request.user, "work", "market.Suspect"),
    }
    return render_page(request, "analytics/health.html", context, fragment="points", currencies=_currencies(data))


@require_POST
@login_required
def health_ask(request: HttpRequest) -> HttpResponse:
    """Asks the sources again: for each `instrument`, or for rates where none is named."""
    named = request.POST.getlist("instrument")
    if len(named) > 1:
        return _answered(request, lambda: _ask_for_many(request, named))
    return _answered(request, lambda: _ask_for_one(request, named[0] if named else ""))


@require_POST
@login_required
def health_settle(request: HttpRequest) -> HttpResponse:
    """Says of a price that was not believed whether it is meant; administrators only."""
    accept = request.POST.get("answer") == "accept"

    def settle() -> str:
        settle_suspect(request.user, _number(request.POST.get("suspect", "")), accept)
        return "The price was accepted." if accept else "The price was refused."

    return _answered(request, settle)


@require_POST
@login_required
def health_source(request: HttpRequest) -> HttpResponse:
    """Ends the pause of a source; administrators only."""

    def again() -> str:
        try_source_again(request.user, request.POST.get("source", ""))
        return "The source is asked again from now on."

    return _answered(request, again)


def _ask_for_one(request: HttpRequest, text: str) -> str:
    is_new = request_refresh(request.user, get_instrument(request.user, _number(text))) if text else request_rates(request.user)
    return "The sources are being asked." if is_new else "The sources were asked within the last minute."


def _ask_for_many(request: HttpRequest, named: list[str]) -> str:
    wanted = {_number(text) for text in named[: MOST + 1]}
    many = request_refreshes(request.user, instruments_visible_to(request.user).filter(pk__in=wanted))
    if not many:
        return "The sources were asked within the last minute, or none is on."
    return f"The sources are being asked for {many} instrument{'' if many == 1 else 's'}."


def _answered(request: HttpRequest, deed: Callable[[], str]) -> HttpResponse:
    """Back to the page, with what was done or why it was not.  What does not exist stays not found."""
    try:
        messages.success(request, deed())
    except UnknownInstrument:
        raise
    except DomainError as problem:
        messages.error(request, problem.detail)
    return redirect("health")


def _group(weak: WeakGroup, asked: Mapping[int | str, datetime]) -> Group:
    rows = tuple(_row(point, asked.get(_place(point))) for point in weak.points)
    askable = [row.point.instrument_id for row in rows if Mend.ASK in row.point.mends and not row.waits and row.point.instrument_id is not None]
    return Group(weak, TITLES[weak.kind], rows, tuple(askable[:MOST]) if len(askable) > 1 else ())


def _row(point: WeakPoint, asked_at: datetime | None) -> Row:
    if asked_at is None or not ASKED & set(point.mends):
        return Row(point, False, False)
    answered = point.tried_at is not None and point.tried_at >= asked_at
    return Row(point, not answered, answered)


def _currencies(data: Health) -> set[str]:
    return {one.price.currency for one in data.points if one.price is not None} | {one.amount.currency for one in data.overdrawn}


def _place(one: WeakPoint) -> int | str:
    return RATES if one.instrument_id is None else one.instrument_id


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UnknownInstrument("There is no such instrument.")
    return int(text)
