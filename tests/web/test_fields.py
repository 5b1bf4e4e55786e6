"""Exact and sealed columns keep every digit, on whichever database the run uses."""

from __future__ import annotations

import os
import random
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test import override_settings

from market.models import Instrument, Price
from portfolio_site.kernel.decimals import LIMIT, NotExact
from portfolio_site.web import sealed
from portfolio_site.web.fields import ExactDecimalField, ExactFormField
from portfolio_site.web.writing import speaking
from portfolios.models import Portfolio

pytestmark = pytest.mark.django_db

LONG = os.environ.get("DRILLS") == "long"


@pytest.fixture
def instrument() -> Instrument:
    return Instrument.objects.create(symbol="ABC", name="Abc", currency="EUR", exchange="X")


def _random_decimals(count: int) -> list[Decimal]:
    dice = random.Random(20261120)
    widest = int(LIMIT * 10**18) - 1
    some = [Decimal(dice.randint(-(10 ** dice.randint(1, 38)) + 1, 10 ** dice.randint(1, 38) - 1)).scaleb(-18) for _ in range(count)]
    return [*some, Decimal(widest).scaleb(-18), -Decimal(widest).scaleb(-18), Decimal("1E-18"), Decimal(0)]


@pytest.mark.drill
def test_random_38_digit_numbers_come_back_to_the_last_digit(instrument: Instrument) -> None:
    numbers = _random_decimals(100_000 if LONG else 2_000)
    start = date(1700, 1, 1).toordinal()
    Price.objects.bulk_create(
        [Price(instrument=instrument, day=date.fromordinal(start + n), close=number, source="t") for n, number in enumerate(numbers)], batch_size=500
    )
    back = list(Price.objects.order_by("day").values_list("close", flat=True))
    assert back == numbers
    assert [str(a) for a in map(Decimal.normalize, back)] == [str(b) for b in map(Decimal.normalize, numbers)]


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1e20"), Decimal("1E-19"), 1.5, True])
def test_the_exact_field_refuses_what_it_cannot_keep(instrument: Instrument, value: object) -> None:
    with pytest.raises((NotExact, ValidationError)), transaction.atomic():
        Price.objects.create(instrument=instrument, day=date(2024, 1, 1), close=value, source="t")
    assert not Price.objects.exists()


@pytest.mark.parametrize("raw", ["'NaN'", "'1e400'", "'abc'", "''"])
def test_the_database_itself_refuses_what_is_not_a_finite_number(instrument: Instrument, raw: str) -> None:
    from django.db import DataError

    with pytest.raises((IntegrityError, DataError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO market_price (instrument_id, day, close, source, simulated) VALUES (%s, '2024-01-01', {raw}, 't', %s)",
            [instrument.pk, False],
        )


def test_equal_numbers_are_found_and_sizes_are_not_compared_in_the_database(instrument: Instrument) -> None:
    Price.objects.create(instrument=instrument, day=date(2024, 1, 1), close=Decimal("12.50"), source="t")
    assert Price.objects.filter(close=Decimal("12.5")).count() == 1
    with pytest.raises(FieldError, match="compared in Python"):
        list(Price.objects.filter(close__gt=1))


def test_the_form_field_reads_exact_numbers_and_says_what_is_wrong() -> None:
    field = ExactDecimalField().formfield()
    assert field.clean("1234.5678901234567890") == Decimal("1234.567890123456789")
    with pytest.raises(ValidationError, match="not a number"):
        field.clean("12,,3x")


@pytest.mark.parametrize(
    ("locale", "typed", "number"),
    [
        ("de-DE", "400,25", "400.25"),
        ("de-DE", "1.000,50", "1000.5"),
        ("de-DE", "1.000", "1000"),
        ("de-DE", "1.000.000", "1000000"),
        ("de-DE", "400.25", "400.25"),
        ("de-DE", "0.125", "0.125"),
        ("de-DE", "1000.125", "1000.125"),
        ("de-DE", "-1.234,5", "-1234.5"),
        ("en-GB", "1,000.5", "1000.5"),
        ("en-GB", "1,000", "1000"),
        ("en-GB", "1.000", "1"),
        ("en-GB", ".5", "0.5"),
        ("en-GB", "\u22122.5", "-2.5"),
        ("en-GB", "1 000.5", "1000.5"),
        ("en-IN", "12,34,567.5", "1234567.5"),
        ("de-CH", "1'000.50", "1000.5"),
        ("de-CH", "1’000.50", "1000.5"),
        ("fr-FR", "1\u202f000,5", "1000.5"),
        ("fr-FR", "1 000,5", "1000.5"),
        ("fr-FR", "1000.5", "1000.5"),
    ],
)
def test_a_number_is_read_as_the_locale_writes_it(locale: str, typed: str, number: str) -> None:
    with speaking(locale):
        assert ExactFormField().clean(typed) == Decimal(number)


@pytest.mark.parametrize(
    ("locale", "typed", "example"),
    [
        ("en-GB", "400,25", "1,234.56"),
        ("en-GB", "1.000,50", "1,234.56"),
        ("en-GB", "1,00,000", "1,234.56"),
        ("de-DE", "1,000.5", "1.234,56"),
        ("de-DE", "1.00,5", "1.234,56"),
        ("de-DE", "1.2.3", "1.234,56"),
    ],
)
def test_a_number_that_could_be_two_is_refused_with_an_example(locale: str, typed: str, example: str) -> None:
    with speaking(locale), pytest.raises(ValidationError, match="not clear which number") as refused:
        ExactFormField().clean(typed)
    assert example in refused.value.messages[0]


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "fr-FR", "de-CH", "en-IN", "sv-SE"])
@pytest.mark.parametrize("number", ["1.234", "1000", "0.001", "-1234567.891", "99999999999999999999.000000000000000001"])
def test_a_number_in_an_input_reads_back_as_itself(locale: str, number: str) -> None:
    with speaking(locale):
        field = ExactFormField()
        assert field.clean(field.prepare_value(Decimal(number))) == Decimal(number)


def _portfolio(django_user_model: type[models.Model], **more: object) -> Portfolio:
    owner = django_user_model.objects.create_user("ann", "ann@example.org", "x")  # type: ignore[attr-defined]
    return Portfolio.objects.create(owner=owner, name="Käthes Depot ☂", base_currency="EUR", **more)


def _raw(column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM portfolios_portfolio")
        return bytes(cursor.fetchone()[0])


def test_a_sealed_text_is_not_readable_in_the_database_and_opens_for_us(django_user_model: type[models.Model]) -> None:
    portfolio = _portfolio(django_user_model)
    assert "Käthe".encode() not in _raw("name")
    assert Portfolio.objects.get(pk=portfolio.pk).name == "Käthes Depot ☂"


def test_each_sealed_value_names_its_key_and_old_keys_still_open(django_user_model: type[models.Model]) -> None:
    portfolio = _portfolio(django_user_model)
    first = _raw("name")
    assert sealed.key_number(first) == 1
    from django.conf import settings

    with override_settings(FIELD_KEYS={**settings.FIELD_KEYS, 2: b"2" * 32}):
        assert Portfolio.objects.get(pk=portfolio.pk).name == "Käthes Depot ☂"
        Portfolio.objects.get(pk=portfolio.pk).save()
        assert sealed.key_number(_raw("name")) == 2
        with override_settings(FIELD_KEYS={1: settings.FIELD_KEYS[1]}), pytest.raises(sealed.CannotOpen, match="key 2"):
            Portfolio.objects.get(pk=portfolio.pk)


def test_a_sealed_value_moved_to_another_column_does_not_open(django_user_model: type[models.Model]) -> None:
    _portfolio(django_user_model, description="secret")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portfolios_portfolio SET name = description")
    with pytest.raises(sealed.CannotOpen, match="changed outside"):
        Portfolio.objects.get()


def test_sealed_columns_cannot_be_searched() -> None:
    with pytest.raises(FieldError, match="sealed"):
        list(Portfolio.objects.filter(name="x"))


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert sealed.seal(b"same", b"l") != sealed.seal(b"same", b"l")
    assert sealed.fingerprint("same", "p") == sealed.fingerprint("same", "p") != sealed.fingerprint("same", "q")
