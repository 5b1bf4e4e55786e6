"""Whether a rule comes true.  No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import ABOVE, BELOW, COOL_DOWN, RuleSnapshot, armed_at_first, arming, decide, is_back

D = Decimal
FIRED = datetime(2024, 3, 4, 10, 0, tzinfo=UTC)


def _rule(kind=ABOVE, threshold="100", armed=True, came_back=False, fired_at=None):
    return RuleSnapshot(kind, D(threshold), armed, "AAPL", "USD", came_back, fired_at)


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


def test_an_unarmed_rule_keeps_quiet():
    assert decide(_rule(armed=False), D("99"), D("120")) is None


@pytest.mark.parametrize(("kind", "price", "armed"), [(ABOVE, "99.99", True), (ABOVE, "100", False), (BELOW, "100.01", True), (BELOW, "100", False)])
def test_a_new_rule_is_armed_unless_the_price_is_past_the_threshold(kind, price, armed):
    assert armed_at_first(_rule(kind), D(price)) is armed


@pytest.mark.parametrize(
    ("kind", "price", "minutes", "came_back", "armed_now", "back_now"),
    [
        (ABOVE, "99.51", 90, False, False, False),  # not far enough, however late
        (ABOVE, "99.5", 90, False, True, True),  # the margin itself counts
        (ABOVE, "99.5", 59, False, False, True),  # back, too early
        (ABOVE, "99.5", 60, False, True, True),  # the hour itself counts
        (ABOVE, "101", 60, True, True, True),  # was back during the hour
        (ABOVE, "101", 59, True, False, True),
        (ABOVE, "101", 600, False, False, False),  # never back
        (BELOW, "100.49", 90, False, False, False),
        (BELOW, "100.5", 90, False, True, True),
        (BELOW, "100.5", 59, False, False, True),
        (BELOW, "99", 60, True, True, True),
    ],
)
def test_a_rule_that_fired_is_armed_after_a_way_back_by_the_margin_and_a_cool_down(kind, price, minutes, came_back, armed_now, back_now):
    rule = _rule(kind, armed=False, came_back=came_back, fired_at=FIRED)
    stands = arming(rule, D(price), FIRED + timedelta(minutes=minutes))
    assert (stands.armed, stands.came_back) == (armed_now, back_now)


def test_a_rule_that_has_not_fired_waits_for_the_way_back_only():
    assert not arming(_rule(armed=False), D("99.9"), FIRED).armed
    assert arming(_rule(armed=False), D("99.4"), FIRED).armed


@given(
    st.lists(st.tuples(st.decimals(min_value=98, max_value=102, places=2), st.integers(1, 40)), min_size=1, max_size=60),
    st.sampled_from([ABOVE, BELOW]),
)
def test_between_two_firings_lie_an_hour_and_a_price_that_was_back(ticks, kind):
    rule, now, was_back = _rule(kind), FIRED, False
    for price, minutes in ticks:
        now += timedelta(minutes=minutes)
        was_back = was_back or is_back(rule, price)
        stands = arming(rule, price, now)
        rule = _rule(kind, armed=stands.armed, came_back=stands.came_back, fired_at=rule.fired_at)
        if decide(rule, None, price) is not None:
            assert rule.fired_at is None or (was_back and now - rule.fired_at >= COOL_DOWN)
            rule, was_back = _rule(kind, armed=False, fired_at=now), False
