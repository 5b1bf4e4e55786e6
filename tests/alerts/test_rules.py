"""Whether a rule comes true.  No database."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import ABOVE, BELOW, RuleSnapshot, armed_after, decide, holds

D = Decimal


def _rule(kind=ABOVE, threshold="100", armed=True):
    return RuleSnapshot(kind, D(threshold), armed, "AAPL", "USD")


def test_a_rise_to_the_threshold_fires_and_says_why():
    answer = decide(_rule(), D("98.1"), D("100"))
    assert answer.sentence == "AAPL rose to 100 USD; your alert is for 100 USD or more."


def test_a_fall_past_the_threshold_fires_and_says_why():
    answer = decide(_rule(BELOW), D("101"), D("99.5"))
    assert answer.sentence == "AAPL fell to 99.5 USD; your alert is for 100 USD or less."


def test_a_price_that_did_not_move_that_way_is_only_stated():
    assert decide(_rule(), D("130"), D("120")).sentence.startswith("AAPL is at 120 USD")
    assert decide(_rule(), None, D("120")).sentence.startswith("AAPL is at 120 USD")


@pytest.mark.parametrize(("kind", "price"), [(ABOVE, "99.999999999999999999"), (BELOW, "100.000000000000000001")])
def test_the_last_digit_before_the_threshold_does_not_fire(kind, price):
    assert decide(_rule(kind), None, D(price)) is None


def test_an_unarmed_rule_keeps_quiet_until_the_price_has_been_back():
    rule = _rule(armed=False)
    assert decide(rule, D("99"), D("120")) is None
    assert not armed_after(rule, D("120"))
    assert armed_after(rule, D("99.99"))


@given(st.lists(st.decimals(min_value=1, max_value=200, places=2), min_size=1, max_size=40), st.sampled_from([ABOVE, BELOW]))
def test_it_fires_as_often_as_the_price_gets_to_the_threshold_from_the_other_side(prices, kind):
    armed, fired, crossings, past = True, 0, 0, False
    for price in prices:
        rule = _rule(kind, armed=armed)
        fired += decide(rule, None, price) is not None
        armed = armed_after(rule, price)
        crossings += holds(rule, price) and not past
        past = holds(rule, price)
    assert fired == crossings
