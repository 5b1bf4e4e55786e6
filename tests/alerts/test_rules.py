"""Whether a rule comes true.  No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import KINDS, PLAIN, FieldType, Happening, Level, State, Subject, Terms, at_first, is_back, read, rehearse, step, written
from alerts.rules.quiet import quiet_until

D = Decimal
FIRED = datetime(2024, 3, 4, 10, 0, tzinfo=UTC)
TERMS = Terms(D("0.005"), timedelta(hours=1))
APPLE = Subject("AAPL", "USD")
ABOVE, BELOW, CROSSES = "price_above", "price_below", "price_crosses"
AT_100 = {"threshold": D(100)}


def _look(kind, price, state=None, now=FIRED, values=AT_100, terms=TERMS):
    return step(KINDS[kind], values, terms, state or State(), Level(None if price is None else D(price)), now)


def _said(kind, level, values=AT_100, subject=APPLE):
    return KINDS[kind].say(values, level, subject, PLAIN)


# ── prices ──────────────────────────────────────────────────────────────────


def test_a_price_at_the_threshold_fires_and_says_why():
    assert _look(ABOVE, "100").fires and _look(BELOW, "99.5").fires
    assert _said(ABOVE, Level(D(100), before=D("98.1"))) == "AAPL rose to 100 USD; your alert is for 100 USD or more."
    assert _said(BELOW, Level(D("99.5"), before=D(101))) == "AAPL fell to 99.5 USD; your alert is for 100 USD or less."


def test_a_price_that_did_not_move_that_way_is_only_stated():
    assert _said(ABOVE, Level(D(120), before=D(130))).startswith("AAPL is at 120 USD")
    assert _said(ABOVE, Level(D(120))).startswith("AAPL is at 120 USD")


@pytest.mark.parametrize(("kind", "price"), [(ABOVE, "99.999999999999999999"), (BELOW, "100.000000000000000001")])
def test_the_last_digit_before_the_threshold_does_not_fire(kind, price):
    assert not _look(kind, price).fires


@pytest.mark.parametrize(("kind", "price", "armed"), [(ABOVE, "99.99", True), (ABOVE, "100", False), (BELOW, "100.01", True), (BELOW, "100", False)])
def test_a_new_rule_is_armed_unless_the_price_is_past_the_threshold(kind, price, armed):
    assert at_first(KINDS[kind], AT_100, Level(D(price))).armed is armed


@pytest.mark.parametrize(
    ("kind", "price", "minutes", "came_back", "fires", "back_now"),
    [
        (ABOVE, "99.51", 90, False, False, False),  # not far enough, however late
        (ABOVE, "99.5", 59, False, False, True),  # back, too early
        (ABOVE, "101", 60, True, True, False),  # was back during the hour: told when it has passed
        (ABOVE, "101", 59, True, False, True),
        (ABOVE, "101", 600, False, False, False),  # never back
        (BELOW, "100.49", 90, False, False, False),
        (BELOW, "100.5", 59, False, False, True),
        (BELOW, "99", 60, True, True, False),
    ],
)
def test_a_rule_that_fired_is_armed_after_a_way_back_by_the_margin_and_a_cool_down(kind, price, minutes, came_back, fires, back_now):
    taken = _look(kind, price, State(False, came_back, FIRED), FIRED + timedelta(minutes=minutes))
    assert (taken.fires, taken.state.came_back) == (fires, back_now)


@pytest.mark.parametrize(
    ("prices", "fires_at"),
    [
        (["95", "99", "100", "105"], [2]),
        (["105", "101", "99"], [2]),
        (["95", "101", "94"], [1, 2]),  # across, away, and across again
        (["95", "101", "100.2", "99.9", "100.1"], [1]),  # never away by the margin since
    ],
)
def test_crossing_fires_on_either_way_across_and_tells_a_trembling_price_once(prices, fires_at):
    state, fired = State(), []
    for place, price in enumerate(prices):
        taken = _look(CROSSES, price, state, FIRED + timedelta(hours=2 * place))
        state = taken.state
        fired += [place] if taken.fires else []
    assert fired == fires_at


@given(
    st.lists(st.tuples(st.decimals(min_value=98, max_value=102, places=2), st.integers(1, 40)), min_size=1, max_size=60),
    st.sampled_from([ABOVE, BELOW, CROSSES]),
)
def test_between_two_firings_lie_a_pause_and_a_price_that_was_back(ticks, kind):
    state, now, was_back, last = State(), FIRED, False, None
    for price, minutes in ticks:
        now += timedelta(minutes=minutes)
        was_back = was_back or is_back(KINDS[kind], AT_100, price, TERMS.margin)
        taken = _look(kind, price, state, now)
        if taken.fires:
            assert last is None or (was_back and now - last >= TERMS.cool_down)
            last, was_back = now, False
        state = taken.state


# ── every kind ──────────────────────────────────────────────────────────────

EXAMPLES = {
    "threshold": {FieldType.COUNT: "5"},
    "targets": [{"name": "AAPL", "weight": "0.1", "band": "0.02"}],
}


def _example(kind):
    raw = {}
    for field in kind.fields:
        if field.type is FieldType.TARGETS:
            raw[field.name] = EXAMPLES["targets"]
        elif field.example:
            raw[field.name] = field.example
    return raw


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_reads_its_own_example_and_says_what_it_waits_for_and_what_came_true(name):
    kind = KINDS[name]
    values, wrong = read(kind, _example(kind))
    assert wrong == () and read(kind, written(kind, values)) == (values, ())
    assert len(kind.condition(values, APPLE, PLAIN)) > 8
    if kind.happens:
        happening = Happening("k", "AAPL", date(2024, 3, 4), "Dividend", D("0.24"), "USD")
        assert kind.tell(values, happening, APPLE, PLAIN).endswith((".", "Dividend"))
    else:
        assert kind.say(values, Level(D("0.5"), named=("x",)), APPLE, PLAIN).endswith(".")


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.happens])
def test_a_number_that_is_not_known_never_fires_and_changes_nothing(name):
    kind = KINDS[name]
    for state in (State(), State(armed=False, came_back=True, fired_at=FIRED - timedelta(days=9))):
        taken = step(kind, read(kind, _example(kind))[0], TERMS, state, Level(None, "why"), FIRED)
        assert not taken.fires and taken.state == state


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.happens and not kind.crosses])
@given(number=st.floats(-1e6, 1e6), data=st.data())
def test_what_holds_is_not_back_and_an_armed_rule_fires_exactly_where_it_holds(name, number, data):
    kind = KINDS[name]
    values = read(kind, _example(kind))[0]
    value = data.draw(st.sampled_from([number, D(str(number))]))
    measured, limit = kind.measure(values, value)
    taken = step(kind, values, TERMS, State(), Level(value), FIRED)
    assert taken.fires == (float(measured) >= float(limit))
    if taken.fires and limit != 0:
        assert not is_back(kind, values, value, TERMS.margin)


@pytest.mark.parametrize(
    ("kind", "raw", "field", "code"),
    [
        (ABOVE, {}, "threshold", "required"),
        (ABOVE, {"threshold": "0"}, "threshold", "not_positive"),
        (ABOVE, {"threshold": "1e400"}, "threshold", "not_exact"),
        (ABOVE, {"threshold": "5", "colour": "red"}, "colour", "unknown"),
        ("price_move", {"threshold": "0.05", "days": "0"}, "days", "too_small"),
        ("price_move", {"threshold": "0.05", "days": "2.5"}, "days", "not_whole"),
        ("price_move", {"threshold": "0.05", "direction": "sideways"}, "direction", "invalid_choice"),
        ("drawdown", {"threshold": "1.5"}, "threshold", "too_large"),
        ("realised_gain", {"threshold": "5", "year_starts": "13-01"}, "year_starts", "invalid"),
        (
            "drift",
            {"targets": [{"name": "A", "weight": "0.7", "band": "0.1"}, {"name": "B", "weight": "0.7", "band": "0.1"}]},
            "targets",
            "too_large",
        ),
        ("drift", {"targets": [{"name": "A"}]}, "targets", "invalid"),
        ("drift", {"targets": "AAPL"}, "targets", "invalid"),
        ("news", {"words": "x" * 101}, "words", "too_long"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_beside_it(kind, raw, field, code):
    _, wrong = read(KINDS[kind], raw)
    assert [(one.field, one.code) for one in wrong] == [(field, code)] and wrong[0].detail.endswith(".")


# ── the past, and quiet hours ───────────────────────────────────────────────


def test_a_rehearsal_is_the_same_steps_on_closes_of_the_past():
    days = [(date(2024, 1, 1) + timedelta(days=n), Level(D(price))) for n, price in enumerate([95, 101, 102, 95, 103, 99, 101])]
    found = rehearse(KINDS[ABOVE], AT_100, TERMS, APPLE, days)
    assert [day.day for day, _ in found.fired] == [2, 5, 7] and found.until == date(2024, 1, 7)
    assert len(rehearse(KINDS[ABOVE], AT_100, TERMS, APPLE, days, once=True).fired) == 1
    assert rehearse(KINDS[ABOVE], AT_100, TERMS, APPLE, []).why_not


@pytest.mark.parametrize(
    ("begins", "ends", "now", "until"),
    [
        ("22:00", "07:00", "23:30", (5, "07:00")),
        ("22:00", "07:00", "03:00", (4, "07:00")),
        ("22:00", "07:00", "07:00", None),
        ("13:00", "14:00", "13:30", (4, "14:00")),
        ("13:00", "14:00", "12:59", None),
        ("08:00", "08:00", "08:00", None),
    ],
)
def test_quiet_hours_end_on_the_persons_clock(begins, ends, now, until):
    zone = ZoneInfo("Europe/Berlin")
    local = datetime.combine(date(2024, 3, 4), time.fromisoformat(now), zone)
    found = quiet_until(time.fromisoformat(begins), time.fromisoformat(ends), local)
    expected = None if until is None else datetime.combine(date(2024, 3, until[0]), time.fromisoformat(until[1]), zone)
    assert found == expected


def test_the_documentation_lists_every_kind_with_its_fields():
    text = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    for kind in KINDS.values():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{kind.name}` |")]
        assert kind.help in line and all(f"`{field.name}`" in line for field in kind.fields)
