"""What tests are made of: people, instruments with prices, portfolios with entries.  Nothing in here is random."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone as clock

from accounts.models import Preferences
from accounts.staff import grant_site_roles
from market.choices import AssetClass, Quality
from market.models import FxRate, Instrument, Price, Quote
from portfolio_site.web.site_roles import SiteRole
from portfolios.models import Portfolio, Transaction
from portfolios.services import create_portfolio, record_transaction

PASSWORD = "a long enough sentence"
_numbers = count(1)


def D(text: str | int) -> Decimal:
    """An exact number, in as few letters as tests need."""
    return Decimal(text)


def make_person(username: str = "", **preferences: Any) -> Any:
    """Somebody with an account and preferences (EUR unless said otherwise), past the welcome."""
    username = username or f"person{next(_numbers)}"
    user = get_user_model().objects.create_user(username=username, email=f"{username}@example.org", password=PASSWORD)
    Preferences.objects.update_or_create(user=user, defaults={"base_currency": "EUR", "welcome_done": True, **preferences})
    return get_user_model().objects.get(pk=user.pk)


def make_staff(person: Any, *roles: SiteRole) -> Any:
    """Gives a person roles in running the site; without one named, those of an administrator."""
    grant_site_roles(None, person, roles or [SiteRole.ADMINISTRATOR])
    return person


def make_instrument(
    symbol: str = "",
    *,
    currency: str = "EUR",
    price: str | Decimal | None = None,
    previous: str | Decimal | None = None,
    owner: Any = None,
    **fields: Any,
) -> Instrument:
    """An instrument; with `price`, a fresh quote of it."""
    symbol = symbol or f"T{next(_numbers)}"
    instrument = Instrument.objects.create(
        symbol=symbol,
        name=fields.pop("name", f"{symbol} Corporation"),
        asset_class=fields.pop("asset_class", AssetClass.STOCK),
        currency=currency,
        exchange=fields.pop("exchange", "XTST"),
        owner=owner,
        **fields,
    )
    if price is not None:
        set_quote(instrument, price, previous)
    return instrument


def set_quote(instrument: Instrument, price: str | Decimal, previous: str | Decimal | None = None, *, as_of: datetime | None = None) -> Quote:
    """The newest price of an instrument."""
    now = as_of or clock.now()
    quote, _ = Quote.objects.update_or_create(
        instrument=instrument,
        defaults={
            "price": Decimal(price),
            "previous_close": None if previous is None else Decimal(previous),
            "as_of": now,
            "fetched_at": now,
            "source": "test",
            "quality": Quality.LIVE,
            "sequence": 1,
        },
    )
    return quote


def set_closes(instrument: Instrument, closes: dict[date, str] | Iterable[tuple[date, str]]) -> None:
    """Daily closes, past every service: for tests that read single prices.  Series come from market.services.ingest_prices."""
    rows = closes.items() if isinstance(closes, dict) else closes
    Price.objects.bulk_create(Price(instrument=instrument, day=day, close=Decimal(close), source="test") for day, close in rows)


def set_rates(quote: str, rates: dict[date, str]) -> None:
    """Reference rates: units of `quote` for one EUR."""
    FxRate.objects.bulk_create(FxRate(base="EUR", quote=quote, day=day, rate=Decimal(rate), source="test") for day, rate in rates.items())


def set_rate_every_day(quote: str, rate: str, first: date, last: date) -> None:
    """The same reference rate on each day from `first` to `last`."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    set_rates(quote, dict.fromkeys(days, rate))


def make_portfolio(owner: Any = None, *, name: str = "Core", base_currency: str = "EUR", **fields: Any) -> Portfolio:
    """A portfolio of `owner`'s, or of somebody new."""
    return create_portfolio(owner or make_person(), name=name, base_currency=base_currency, **fields)


def record(portfolio: Portfolio, kind: str, day: str | date, instrument: Instrument | None = None, **fields: Any) -> Transaction:
    """Record an entry as the owner.  Numbers may be text: `record(p, "buy", "2024-01-02", asml, quantity="5", price="10")`."""
    numbers = {"quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old"}
    values = {name: Decimal(value) if name in numbers and value is not None else value for name, value in fields.items()}
    when = date.fromisoformat(day) if isinstance(day, str) else day
    return record_transaction(portfolio.owner, portfolio, kind=kind, traded_on=when, instrument=instrument, **values)


def at(text: str) -> datetime:
    """A moment, from its RFC 3339 text; UTC where it names no offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
