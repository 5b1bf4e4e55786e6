"""The demo person with two portfolios, and the sample portfolio that anybody may look at and remove again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from accounts.services import confirm_address, register, update_preferences, update_profile
from market.choices import AssetClass
from market.models import Instrument
from market.selectors import instruments_visible_to
from market.services import PriceRow, create_private_instrument, load_demo_market, set_own_prices
from portfolio_site.kernel.errors import Unavailable
from portfolios.choices import CostMethod
from portfolios.models import Portfolio
from portfolios.selectors import portfolios_of
from portfolios.services.demo_history import BREWERY, TAPROOM, TAVERNS, TOWN, long_term, private_prices, savings_plan
from portfolios.services.portfolios import create_portfolio, delete_portfolio
from portfolios.services.recording import record_many

DEMO_USERNAME, DEMO_EMAIL = "demo", "demo@plumbline.local"
DEMO_PASSWORD = "a plumb line hangs true"  # noqa: S105  (printed at start: the account holds only made-up data)
BENCHMARK = "SPX"
LONG_TERM, SAVINGS, SAMPLE = "Long-term shares", "Savings plan", "Sample portfolio"


@dataclass(frozen=True, slots=True)
class Demo:
    """Who the demo person is, and whether this call made something."""

    user: Any
    portfolios: tuple[Portfolio, ...]
    made: bool


def load_demo(now: date | None = None) -> Demo:
    """The demo person with two portfolios; makes what is missing, all or nothing, and leaves the rest alone.

    The demo market must be loaded, or is loaded first.  A demo person who was changed by hand stays as they are.
    """
    existing = get_user_model().objects.filter(username=DEMO_USERNAME).first()
    if existing is not None and portfolios_of(existing, archived=True).exists():
        return Demo(existing, tuple(portfolios_of(existing)), made=False)
    if not instruments_visible_to(existing or AnonymousUser()).filter(symbol=BENCHMARK).exists():
        load_demo_market()
    until = (now or timezone.localdate()) - timedelta(days=1)
    with transaction.atomic():
        user = existing or _demo_person()
        listed = _listed(user)
        unlisted = _unlisted(user, until)
        shares = create_portfolio(
            user,
            name=LONG_TERM,
            description="Single companies, held for decades.",
            base_currency="USD",
            cost_method=CostMethod.FIFO,
            allows_short=True,
            benchmark=listed[BENCHMARK],
        )
        record_many(user, shares, long_term(listed, until))
        savings = create_portfolio(
            user,
            name=SAVINGS,
            description="A fund each month, and what came along.",
            base_currency="EUR",
            cost_method=CostMethod.AVERAGE,
            benchmark=listed[BENCHMARK],
        )
        record_many(user, savings, savings_plan({**listed, **unlisted}, until, private=True))
    return Demo(user, (shares, savings), made=True)


def load_sample(actor: Any, now: date | None = None) -> Portfolio:
    """A sample portfolio for the person, or the one they have.  Raises Unavailable without a demo market."""
    existing: Portfolio | None = Portfolio.objects.owned_by(actor).filter(is_sample=True).first()
    if existing is not None:
        return existing
    listed = _listed(actor)
    if BENCHMARK not in listed:
        raise Unavailable("The sample needs the demo market, which is switched off here. Import a file, or record a transaction.")
    until = (now or timezone.localdate()) - timedelta(days=1)
    with transaction.atomic():
        portfolio = create_portfolio(
            actor,
            name=SAMPLE,
            description="Made up, to look around in. Remove it whenever you like.",
            base_currency="EUR",
            benchmark=listed[BENCHMARK],
            is_sample=True,
        )
        record_many(actor, portfolio, savings_plan(listed, until))
    return portfolio


def remove_sample(actor: Any) -> bool:
    """Take the sample away, whatever was done to it.  False if there was none."""
    portfolio = Portfolio.objects.owned_by(actor).filter(is_sample=True).first()
    if portfolio is not None:
        delete_portfolio(actor, portfolio)
    return portfolio is not None


def finish_welcome(actor: Any) -> None:
    """The first steps are done: the person has something to look at."""
    update_preferences(actor, welcome_done=True)


def _listed(user: Any) -> dict[str, Instrument]:
    """Everybody's demo instruments by symbol."""
    return {one.symbol: one for one in instruments_visible_to(user).filter(owner=None)}


def _demo_person() -> Any:
    user = register(email=DEMO_EMAIL, username=DEMO_USERNAME, password=DEMO_PASSWORD)
    confirm_address(user)
    update_profile(user, name="Mia")
    update_preferences(user, base_currency="EUR", locale="en-GB", time_zone="Europe/Berlin", welcome_done=True)
    return user


_UNLISTED: dict[str, dict[str, Any]] = {
    BREWERY: {"name": "Harbour Brewery, unlisted", "asset_class": AssetClass.OTHER, "sector": "Consumer staples"},
    TAPROOM: {"name": "Harbour Taprooms, unlisted", "asset_class": AssetClass.OTHER, "sector": "Consumer staples"},
    TAVERNS: {"name": "Harbour Taverns, unlisted", "asset_class": AssetClass.OTHER, "sector": "Consumer staples"},
    TOWN: {"name": "Town of Kiel 4.5 % until 2025", "asset_class": AssetClass.BOND, "sector": "Government bonds", "price_factor": Decimal(10)},
}


def _unlisted(user: Any, until: date) -> dict[str, Instrument]:
    """The demo person's private instruments, with the prices that they noted."""
    made = {}
    for symbol, rows in private_prices(until).items():
        found = Instrument.objects.filter(owner=user, symbol=symbol).first()
        made[symbol] = found or create_private_instrument(user, symbol=symbol, currency="EUR", country="DE", region="Europe", **_UNLISTED[symbol])
        if rows:
            set_own_prices(user, made[symbol], [PriceRow(day=day, close=close) for day, close in rows])
    return made
