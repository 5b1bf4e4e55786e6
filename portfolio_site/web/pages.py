"""Rendering pages: whole, or the one part that htmx asked for; and what the frame of every page needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from portfolio_site.web.writing import DEFAULT_LOCALE, use_currencies, use_locale, use_privacy

LIVE_SOCKET = "/ws/prices/"


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, fragment: str = "", status: int = 200, currencies: Iterable[str] = ()
) -> HttpResponse:
    """The page; or only its partial `fragment` when htmx asks for a part (not for a boosted page or a history restore).

    `currencies` are those whose amounts meet on the page: where two are dollars, all amounts show codes.
    """
    htmx = getattr(request, "htmx", None)
    if fragment and htmx and not htmx.boosted and not htmx.history_restore_request:
        template = f"{template}#{fragment}"
    use_currencies(currencies)
    try:
        response = render(request, template, context, status=status)
    finally:
        use_currencies(())
    response["Vary"] = "HX-Request, Cookie"
    return response


def came_from(request: HttpRequest, *, but: str, otherwise: str) -> str:
    """Where the person came from, if it is a page of ours: `next` of the form or the address, or the page that htmx asked from,
    unless that is the page `but` itself."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not wanted:
        path = request.headers.get("HX-Current-URL", "")
        wanted = path if path and but not in path else ""
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return otherwise


# ── navigation ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the navigation.  `key` is its URL name, and what a page calls itself (context `page`); `keys` is its shortcut."""

    key: str
    name: str
    icon: str
    keys: str
    url: str


_Entry = tuple[str, str, str, str]  # key, name, icon, keys
GROUPS: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
    ("", (("dashboard", "Dashboard", "layout-dashboard", "g d"),)),
    (
        "Portfolio",
        (
            ("holdings", "Holdings", "briefcase", "g h"),
            ("transactions", "Transactions", "arrow-left-right", "g t"),
            ("income", "Income", "coins", "g i"),
            ("lots", "Lots", "layout-grid", "g l"),
            ("actions", "Corporate actions", "split", "g c"),
            ("portfolios", "Portfolios", "wallet", "g o"),
        ),
    ),
    (
        "Analyse",
        (
            ("value", "Value", "scale", "g w"),
            ("performance", "Performance", "chart-line", "g p"),
            ("risk", "Risk", "gauge", "g r"),
            ("diversification", "Diversification", "chart-pie", "g v"),
            ("compare", "Compare", "git-compare-arrows", "g b"),
        ),
    ),
    ("Plan", (("projection", "Projection", "target", "g j"),)),
    ("Follow", (("markets", "Markets", "globe", "g m"), ("alerts", "Alerts", "bell-ring", "g a"), ("news", "News", "newspaper", "g n"))),
)
FOOT: tuple[_Entry, ...] = (("import", "Import", "upload", "u"), ("settings", "Settings", "settings", "g s"))
ADD: _Entry = ("transaction-add", "Add transaction", "plus", "n")


@dataclass(frozen=True, slots=True)
class Navigation:
    """The places that exist, as the frame shows them."""

    groups: tuple[tuple[str, tuple[Place, ...]], ...]
    foot: tuple[Place, ...]
    add: Place | None

    @property
    def places(self) -> tuple[Place, ...]:
        """Every page and action that can be jumped to, in order."""
        grouped = tuple(place for _, group in self.groups for place in group)
        return (*grouped, *self.foot, *((self.add,) if self.add else ()))

    @property
    def shortcuts(self) -> dict[str, str]:
        """Keys to addresses, for the script: {"g d": "/dashboard/"}."""
        return {place.keys: place.url for place in self.places if place.keys}


def _known(group: Iterable[_Entry], carried: Carried | None = None) -> tuple[Place, ...]:
    found = []
    for key, name, icon, keys in group:
        try:
            found.append(Place(key, name, icon, keys, reverse(key) + (carried.to(key) if carried else "")))
        except NoReverseMatch:
            continue  # no app serves it: it is not shown, so that no link leads nowhere
    return tuple(found)


def navigation(carried: Carried | None = None) -> Navigation:
    """The navigation of every page; `carried`: what its addresses hold of the page that it stands on."""
    groups = tuple((name, known) for name, group in GROUPS if (known := _known(group, carried)))
    return Navigation(groups, _known(FOOT), next(iter(_known((ADD,))), None))


# ── what follows from one page to another ───────────────────────────────────

REPORTS = frozenset({"value", "performance", "risk", "diversification", "income", "compare", "projection"})  # they read one filter bar
OF_PORTFOLIOS = frozenset({"dashboard", "holdings"})  # they tell of the portfolios that are picked, and of no period
CHOSEN = ("p", "benchmark", "period", "start", "end", "holding", "class", "sector", "country", "region", "quoted_in", "tag")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a person chose on a report, so that the next one is about the same: `report` with its filters, `portfolios` alone."""

    report: str = ""
    portfolios: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Carried:
        match = request.resolver_match
        if match is None or match.url_name not in REPORTS | OF_PORTFOLIOS:
            return cls()
        names = CHOSEN if match.url_name in REPORTS else CHOSEN[:1]
        chosen = {name: texts for name in names if (texts := [text for text in request.GET.getlist(name) if text])}
        return cls(_query(chosen), _query({"p": chosen["p"]} if "p" in chosen else {}))

    def to(self, place: str) -> str:
        """What the address of a place ends with."""
        return self.report if place in REPORTS else self.portfolios if place in OF_PORTFOLIOS else ""


def _query(chosen: dict[str, list[str]]) -> str:
    return f"?{urlencode(chosen, doseq=True)}" if chosen else ""


# ── what the frame shows ────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Look:
    """How one person wants pages to look; the attributes of <html>."""

    theme: str = ""  # "" follows the system
    trend: str = ""
    density: str = "comfortable"
    private: bool = False
    lang: str = DEFAULT_LOCALE
    flash: bool = True
    shortcuts: bool = True


def look_of(preferences: Any) -> Look:
    """The look from a person's preferences, or the defaults where there are none or they cannot be read."""
    if preferences is None:
        return Look()
    try:
        theme, trend = preferences.theme, preferences.trend
        return Look(
            theme=theme if theme in {"light", "dark"} else "",
            trend=trend if trend in {"safe", "inverse"} else "",
            density=preferences.density,
            private=preferences.hide_amounts,
            lang=preferences.locale,
            flash=preferences.flash_prices,
            shortcuts=preferences.shortcuts,
        )
    except DatabaseError:
        return Look()


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame: version, look, navigation.  Also sets the words of this page: locale, hidden amounts."""
    preferences = getattr(request, "preferences", None)
    look = look_of(preferences)
    use_locale(look.lang)
    use_privacy(look.private)
    return {
        "version": settings.VERSION,
        "preferences": preferences,
        "look": look,
        "viewing": getattr(request, "viewing", None),
        "nav": SimpleLazyObject(lambda: navigation(Carried.of(request))),
        "live_socket": LIVE_SOCKET,
        "loaded_at": timezone.now(),
        "demo_market": settings.DEMO_MARKET,
    }
