"""How figures read, in several locales; exactly; and hidden."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.money import Currency, Money
from portfolio_site.web import numbers, times, writing
from portfolio_site.web.writing import DOTS, speaking

D = Decimal
WORTH = Figure("value", Unit.MONEY, D("1234.5"), currency="EUR")
UNKNOWN = Figure.undefined("volatility", Unit.FRACTION, "Fewer than 20 trading days in the period")


def plain(text: str) -> str:
    """The text with ordinary spaces, so that expectations can be read."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("locale", "euro", "franc", "change"),
    [
        ("en-GB", "€1,234,567.90", "CHF 79.86", "+2.95%"),
        ("en-US", "€1,234,567.90", "CHF 79.86", "+2.95%"),
        ("en-IN", "€12,34,567.90", "CHF 79.86", "+2.95%"),
        ("de-DE", "1.234.567,90 €", "79,86 CHF", "+2,95 %"),
        ("fr-FR", "1 234 567,90 €", "79,86 CHF", "+2,95 %"),
        ("de-CH", "€ 1’234’567.90", "CHF 79.86", "+2.95%"),
        ("nl-NL", "€ 1.234.567,90", "CHF 79,86", "+2,95%"),
        ("tr-TR", "€1.234.567,90", "CHF 79,86", "+%2,95"),
    ],
)
def test_each_locale_places_its_symbols_and_marks(locale: str, euro: str, franc: str, change: str) -> None:
    with speaking(locale):
        assert plain(numbers.money(D("1234567.895"), "EUR")) == euro
        assert plain(numbers.money(D("79.86"), "CHF")) == franc
        assert plain(numbers.pct(D("0.0295"))) == change


def test_an_unknown_locale_falls_back_to_its_language_and_then_to_english() -> None:
    with speaking("de-XX"):
        assert plain(numbers.money(1, "EUR")) == "1,00 €"
    with speaking("zz-ZZ"):
        assert numbers.money(1, "EUR") == "€1.00"


def test_the_locale_is_the_readers_again_after_speaking_for_somebody_else() -> None:
    with speaking("de-DE", hidden=True, currencies=["USD", "CAD"]):
        assert writing.locale() == "de-DE"
        assert writing.amounts_hidden()
    assert writing.locale() == "en-GB"
    assert not writing.amounts_hidden()
    assert numbers.money(1, "USD") == "$1.00"


@given(st.decimals(min_value=D("-1e19"), max_value=D("1e19"), places=18, allow_nan=False, allow_infinity=False), st.integers(0, 8))
def test_digits_are_grouped_as_the_locale_data_say_and_rounded_half_up(value: Decimal, places: int) -> None:
    rounded = abs(value.quantize(D(1).scaleb(-places), "ROUND_HALF_UP"))
    pattern = "#,##0" + ("." + "0" * places if places else "")
    for locale in ("en_GB", "de_DE", "fr_FR"):
        with speaking(locale.replace("_", "-")):
            text, sign = writing.digits(value, places)
            assert text == format_decimal(rounded, format=pattern, locale=locale)
            assert sign == (0 if not rounded else 1 if value > 0 else -1)


def test_eighteen_places_and_twenty_digits_survive_to_the_last_one() -> None:
    value = D("12345678901234567890.123456789012345678")
    assert writing.digits(value, 18).text == "12,345,678,901,234,567,890.123456789012345678"


def test_halves_round_up_and_what_rounds_to_zero_has_no_sign() -> None:
    assert numbers.money(D("0.125"), "EUR") == "€0.13"
    assert numbers.signed(D("-0.004"), "EUR") == "€0.00"
    assert numbers.pct(D("-0.00004")) == "0.00%"
    assert numbers.trend(Figure("gain", Unit.MONEY, D("-0.004"), currency="EUR")) == "flat"


def test_changes_carry_a_sign_and_a_real_minus() -> None:
    assert numbers.signed(D("12.3"), "EUR") == "+€12.30"
    assert numbers.signed(D("-4"), "EUR") == "\u2212€4.00"
    assert numbers.signed0(D("-862.4"), "EUR") == "\u2212€862"
    assert plain(numbers.points(D("0.0315"))) == "+3.15 pp"
    assert numbers.share(D("0.3134")) == "31.3%"


def test_the_decimals_are_those_of_the_currency() -> None:
    assert numbers.money(D("1234.5"), "JPY") == "¥1,235"
    assert plain(numbers.money(D("1.2345"), "KWD")) == "KWD 1.235"


def test_where_two_dollar_currencies_meet_both_read_as_codes() -> None:
    with speaking("en-GB", currencies=["USD", "EUR"]):
        assert numbers.money(1, "USD") == "$1.00"
    with speaking("en-GB", currencies=["USD", "CAD"]):
        assert plain(numbers.money(1, "USD")) == "USD 1.00"
        assert plain(numbers.money(1, "CAD")) == "CAD 1.00"
        assert numbers.money(1, "EUR") == "€1.00"


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("508.3", "USD", "$508.30"),
        ("5.024", "EUR", "€5.0240"),
        ("0.00001234", "USD", "$0.00001234"),
        ("0", "USD", "$0.0000"),
        ("3456", "JPY", "¥3,456"),
        ("3456.5", "JPY", "¥3,456.50"),
        ("98.42", "%", "98.42%"),
    ],
)
def test_prices_show_two_places_or_four_and_never_a_false_zero(value: str, currency: str, text: str) -> None:
    assert numbers.price(D(value), currency) == text


def test_units_show_up_to_eight_places_without_trailing_zeros() -> None:
    assert numbers.qty(D("1042.500000000000000000")) == "1,042.5"
    assert numbers.qty(D("0.218500000")) == "0.2185"
    assert numbers.qty(D("145")) == "145"
    assert numbers.qty(D("0.000000000000000001")) == "<0.00000001"


def test_a_rate_reads_as_a_sentence() -> None:
    assert numbers.rate_text("USD", "EUR", D("0.8612")) == "$1 = €0.8612"
    with speaking("de-DE"):
        assert plain(numbers.rate_text("USD", "EUR", D("0.8612"))) == "1 $ = 0,8612 €"
    assert numbers.rate(D("0.0061234")) == "0.006123"


def test_figures_and_money_bring_their_currency() -> None:
    assert numbers.money(WORTH) == "€1,234.50"
    assert numbers.money(Money(D("3"), Currency("GBP"))) == "£3.00"
    assert numbers.shown(WORTH) == "€1,234.50"


def test_an_amount_without_a_currency_is_refused() -> None:
    with pytest.raises(TypeError, match="currency"):
        numbers.money(D("1"))


@pytest.mark.parametrize("form", ["money", "money0", "signed", "pct", "share", "points", "qty", "price", "count", "rate", "held"])
def test_every_form_of_an_undefined_figure_says_the_word_and_the_reason(form: str) -> None:
    text = getattr(numbers, form)(UNKNOWN)
    assert isinstance(text, SafeString)
    assert ">Undefined</button>" in text
    assert "Fewer than 20 trading days in the period" in text
    assert numbers.trend(UNKNOWN) == "flat"


def test_the_reason_is_escaped() -> None:
    assert "<b>" not in writing.undefined_mark("<b>bold</b>")


def test_hidden_amounts_read_as_four_dots_and_ratios_and_prices_stay() -> None:
    with speaking("en-GB", hidden=True):
        for form in (numbers.money, numbers.money0, numbers.signed, numbers.signed0):
            assert form(WORTH) == DOTS
        assert numbers.qty(D("145")) == DOTS
        assert numbers.pct(D("0.01")) == "+1.00%"
        assert numbers.price(D("508.3"), "USD") == "$508.30"
        assert "Undefined" in numbers.money(UNKNOWN, "EUR")


def test_floats_are_read_by_their_shortest_text_and_decimals_not_through_float() -> None:
    assert writing.digits(0.1 + 0.2, 17).text == "0.30000000000000004"
    assert writing.digits(D("0.1") + D("0.2"), 17).text == "0.30000000000000000"


def test_days_are_written_in_the_order_of_the_locale_without_breaking() -> None:
    day = date(2026, 6, 3)
    assert times.day(day) == "3\u00a0Jun\u00a02026"
    with speaking("en-US"):
        assert plain(times.day(day)) == "Jun 3, 2026"
    with speaking("de-DE"):
        assert plain(times.day(day)) == "3. Juni 2026"
    assert "Undefined" in times.day(None)


def test_holding_periods_and_ages_are_said_in_the_largest_units() -> None:
    assert plain(times.held(2811)) == "7 y 8 m"
    assert plain(times.held(150)) == "5 m"
    assert plain(times.held(5)) == "5 d"
    now = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    assert plain(times.age(now - timedelta(minutes=12), now)) == "12 min"
    assert plain(times.age(now - timedelta(hours=26), now)) == "26 h"
    assert plain(times.age(now - timedelta(days=4), now)) == "4 d"
    assert plain(times.age(date(2026, 11, 10), now)) == "10 d"


def test_ranks_order_values_and_leave_out_what_has_none() -> None:
    assert numbers.ranks([D("5"), UNKNOWN, D("-1"), D("5"), WORTH]) == ["1", "", "0", "1", "2"]


def test_what_one_unit_cost_is_an_amount_of_the_person_and_hidden_with_them() -> None:
    paid = Figure("average_cost", Unit.MONEY, Decimal("113.62"), currency=Currency("USD"))
    with speaking("en-GB", hidden=False):
        assert numbers.price_paid(paid) == numbers.price(paid)
    with speaking("en-GB", hidden=True):
        assert numbers.price_paid(paid) == DOTS
        assert numbers.price_paid(Decimal("113.62"), "USD") == DOTS
