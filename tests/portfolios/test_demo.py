"""The demo: one person, two portfolios, every kind of entry; nothing of it stands in clear in the database; loading twice is once."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts.selectors import preferences_of
from market.choices import AssetClass
from market.services import PriceRow, RateRow, ingest_many, ingest_rates
from portfolio_site.kernel.decimals import plain
from portfolios.choices import TransactionKind
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import holdings_of
from portfolios.services import DEMO_PASSWORD, check_integrity, load_demo, load_sample, remove_sample
from tests.factories import make_instrument

TODAY = date(2026, 11, 20)
SYMBOLS = {
    "USD": ["AAPL", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "UNH", "WMT", "XOM", "DGOLD", "DCOIN"],
    "EUR": ["DWORLD", "DBONDS", "DCITY"],
    "GBP": ["DWATER"],
    "CHF": ["DALPIN"],
}


@pytest.fixture
def small_market(db: None) -> None:
    """The demo's instruments with a close each month that grows a little: enough to write its history, in a second."""
    days = [date(2007, 12, 14) + timedelta(days=15 * number) for number in range(470)]
    days = [day for day in days if day <= TODAY]
    prices: dict[int, list[PriceRow]] = {}
    for place, (currency, symbol) in enumerate((currency, symbol) for currency, symbols in SYMBOLS.items() for symbol in symbols):
        one = make_instrument(symbol, currency=currency)
        growth = Decimal("1.003") + Decimal(place) / 10_000
        prices[one.pk] = [
            PriceRow(day=day, close=(Decimal(20 + place) * growth**number).quantize(Decimal("0.01"))) for number, day in enumerate(days)
        ]
    index = make_instrument("SPX", currency="USD", asset_class=AssetClass.INDEX)
    prices[index.pk] = [PriceRow(day=day, close=Decimal(1400 + number)) for number, day in enumerate(days)]
    ingest_many(prices, "test")
    every = [date(2008, 1, 1) + timedelta(days=6 * number) for number in range(1160)]
    each = {"USD": "1.1234", "GBP": "0.8765", "CHF": "1.0456"}
    ingest_rates(
        RateRow(base="EUR", quote=code, day=day, rate=Decimal(rate), source="test") for day in every if day <= TODAY for code, rate in each.items()
    )


@pytest.mark.slow
def test_the_demo_uses_every_kind_of_entry_in_two_currencies_and_balances(small_market: None) -> None:
    demo = load_demo(TODAY)
    assert [(one.base_currency, one.cost_method) for one in demo.portfolios] == [("USD", "fifo"), ("EUR", "average")]
    assert set(Transaction.objects.values_list("kind", flat=True)) == set(TransactionKind.values)
    assert Transaction.objects.order_by("traded_on")[0].traded_on.year == 2008
    assert all(one.benchmark.symbol == "SPX" for one in demo.portfolios) and check_integrity() == []
    assert demo.user.check_password(DEMO_PASSWORD) and preferences_of(demo.user).welcome_done
    for portfolio in demo.portfolios:
        table = holdings_of(portfolio, as_of=date(2026, 11, 10))
        assert all(row.amount >= 0 for row in table.cash) and len(table.rows) >= 6
        assert isinstance(table.value.value, Decimal) and not table.undefined


@pytest.mark.slow
def test_loading_the_demo_again_changes_nothing(small_market: None) -> None:
    load_demo(TODAY)
    before = list(Transaction.objects.values_list("pk", flat=True)), list(Portfolio.objects.values_list("revision", flat=True))
    assert not load_demo(TODAY).made
    assert (list(Transaction.objects.values_list("pk", flat=True)), list(Portfolio.objects.values_list("revision", flat=True))) == before


@pytest.mark.slow
def test_a_sample_can_be_looked_at_and_removed_at_once(small_market: None, signed_in: Any, person: Any) -> None:
    answer = signed_in.post(reverse("sample-load"))
    sample = Portfolio.objects.get()
    assert sample.is_sample and sample.owner == person and answer["Location"].endswith(f"?p={sample.pk}")
    assert load_sample(person) == sample
    assert signed_in.post(reverse("sample-remove")).status_code == 302
    assert not Portfolio.objects.exists() and not Transaction.objects.exists() and not remove_sample(person)


@pytest.mark.django_db
def test_without_a_demo_market_the_sample_says_so(signed_in: Any) -> None:
    assert signed_in.post(reverse("sample-load")).status_code == 503


def _canaries() -> set[bytes]:
    """20 things of the demo person that nobody may read in the database: names, notes, units, prices paid, amounts, fees."""
    names = {text for one in Portfolio.objects.all() for text in (one.name, one.description)}
    notes = {row.notes for row in Transaction.objects.order_by("pk") if len(row.notes) > 12}
    rows = Transaction.objects.filter(kind="buy", instrument__symbol="DWORLD").order_by("pk")
    numbers = {plain(row.quantity) for row in rows[:60] if len(plain(row.quantity)) >= 8}
    # a price paid stands beside the close, never on it; the market's own closes are everybody's and stand in clear
    paid = {plain(row.price) for row in Transaction.objects.filter(kind="buy").order_by("pk")[:40] if len(plain(row.price)) >= 7}
    costs = {plain(row.taxes) for row in Transaction.objects.filter(kind="sell").order_by("pk") if row.taxes and len(plain(row.taxes)) >= 6}
    chosen = sorted(names)[:4] + sorted(notes)[:5] + sorted(numbers)[:6] + sorted(paid)[:4] + sorted(costs)[:1]
    return {text.encode() for text in chosen}


def _dump(folder: Path) -> bytes:
    """Everything that the database has written: its file with the log beside it, or a dump."""
    if connection.vendor == "postgresql":
        settings = connection.settings_dict
        tool = shutil.which("pg_dump")
        if tool is None:
            pytest.skip("pg_dump is not on this machine")
        command = [tool, "-h", settings["HOST"] or "127.0.0.1", "-p", str(settings["PORT"] or 5432), "-U", settings["USER"], settings["NAME"]]
        return subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PGPASSWORD": settings["PASSWORD"] or ""}).stdout
    path = Path(connection.settings_dict["NAME"])
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(path.name + "*")))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_person_entered_stands_in_clear_in_the_database(transactional_db: None, tmp_path: Path, request: Any) -> None:
    request.getfixturevalue("small_market")
    load_demo(TODAY)
    canaries = _canaries()
    assert len(canaries) == 20
    written = _dump(tmp_path)
    assert b"DWORLD" in written, "the dump holds what is public, so that a canary would be seen"
    assert [canary for canary in canaries if canary in written] == []
    with connection.cursor() as cursor:  # the look itself works: written in clear, the same canary is found
        cursor.execute("UPDATE market_instrument SET name = %s WHERE symbol = 'DWORLD'", [sorted(canaries)[0].decode()])
    assert sorted(canaries)[0] in _dump(tmp_path)


@pytest.mark.slow
def test_the_command_says_how_to_sign_in(small_market: None, capsys: Any) -> None:
    from django.core.management import call_command

    call_command("load_demo")
    said = capsys.readouterr().out
    assert "demo" in said and DEMO_PASSWORD in said
    call_command("check_integrity")
    assert "2 portfolios are whole" in capsys.readouterr().out
