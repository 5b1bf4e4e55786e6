"""Exact numbers are exact, or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio_site.kernel.decimals import LIMIT, NotExact, exact, plain, product, quotient, rounded

stored = st.decimals(min_value=-LIMIT + 1, max_value=LIMIT - 1, places=18, allow_nan=False, allow_infinity=False)


@given(stored)
def test_the_plain_text_of_an_exact_number_reads_back_as_itself(number: Decimal) -> None:
    assert exact(plain(exact(number))) == number
    assert "E" not in plain(exact(number))


@pytest.mark.parametrize(
    "bad",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e400",
        "1_000",
        "١٢٣",
        "０",
        "0x1",
        "",
        " ",
        "1,000",
        "12..3",
        "1e",
        "+",
        "9" * 90,
        "1e20",
        "0.1234567890123456789",
    ],
)
def test_what_is_not_an_exact_number_is_refused(bad: str) -> None:
    with pytest.raises(NotExact):
        exact(bad)


@pytest.mark.parametrize("bad", [True, 1.5, None, [], Decimal("NaN"), Decimal("Infinity")])
def test_other_types_and_non_finite_decimals_are_refused(bad: object) -> None:
    with pytest.raises(NotExact):
        exact(bad)  # type: ignore[arg-type]


def test_minus_zero_is_zero_and_trailing_zeros_go() -> None:
    assert plain(exact("-0.000")) == "0"
    assert plain(exact("100.500")) == "100.5"
    assert plain(exact("1e3")) == "1000"


def test_the_widest_number_keeps_all_38_digits() -> None:
    widest = "99999999999999999999.999999999999999999"
    assert plain(exact(widest)) == widest


def test_products_and_quotients_round_half_to_even_at_the_eighteenth_place() -> None:
    assert product(Decimal("0.000000000000000001"), Decimal("0.5")) == 0
    assert product(Decimal("0.000000000000000003"), Decimal("0.5")) == Decimal("2E-18")
    assert quotient(Decimal(1), Decimal(3)) == Decimal("0.333333333333333333")
    assert rounded(Decimal("2.5"), 0) == 2


@given(st.lists(stored, max_size=30))
def test_sums_of_exact_numbers_do_not_depend_on_their_order(numbers: list[Decimal]) -> None:
    assert sum(numbers, Decimal(0)) == sum(reversed(numbers), Decimal(0))
