"""Transfers between two portfolios of one person: both legs or none, lots with their dates and cost, and no gain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from market.errors import MissingRate
from market.models import FxRate
from portfolios.errors import AlreadyVoided, CircularTransfer, LotNotOpen, Oversold, PeriodLocked, SamePortfolio, TransferMismatch
from portfolios.ledger.events import LotChoice
from portfolios.models import Holding, Portfolio, Transaction
from portfolios.selectors import book_of, get_transaction
from portfolios.services import delete_portfolio, edit_transaction, restore_transaction, update_portfolio, void_transaction
from portfolios.transfers.legs import other_leg
from portfolios.transfers.services import Transfer, TransferDraft, preview_transfer, transfer_units
from tests.factories import D, make_instrument, make_person, make_portfolio, record, set_rate_every_day
from tests.threads import at_once

pytestmark = pytest.mark.django_db

MAY, JUNE, JULY = date(2024, 5, 6), date(2024, 6, 3), date(2024, 7, 1)


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def source(person: Any, asml: Any) -> Any:
    """15 units in two lots, oldest first."""
    made = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    record(made, "buy", "2024-01-02", asml, quantity="10", price="100")
    record(made, "buy", "2024-03-01", asml, quantity="5", price="130")
    return made


@pytest.fixture
def target(person: Any) -> Any:
    return make_portfolio(person, name="Savings", cost_method="fifo", tracks_cash=False)


def move(source: Portfolio, target: Portfolio, instrument: Any, quantity: str, day: date = MAY, **more: Any) -> Transfer:
    return transfer_units(source.owner, source, target, TransferDraft(instrument=instrument, quantity=D(quantity), day=day, **more))


def fresh(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


def lots(portfolio: Portfolio) -> list[tuple[str, Any, Any]]:
    """(day, units, cost) of what is held, in order."""
    return [(str(lot.opened_on), lot.quantity, lot.cost) for position in book_of(fresh(portfolio)).positions.values() for lot in position.lots]


def by_day(portfolio: Portfolio) -> list[tuple[str, Any, Any]]:
    """The same, with the lots of one day together: units that came back stand beside those that stayed."""
    days: dict[str, tuple[Any, Any]] = {}
    for day, units, cost in lots(portfolio):
        before = days.get(day, (D(0), D(0)))
        days[day] = (before[0] + units, before[1] + cost)
    return [(day, units, cost) for day, (units, cost) in days.items()]


def everything() -> tuple[Any, ...]:
    return (
        list(Transaction.objects.order_by("pk").values("pk", "voided_at", "link", "kind")),
        list(Holding.objects.order_by("portfolio", "instrument").values_list("portfolio", "instrument", "quantity", "cost")),
    )


# ── both or none ────────────────────────────────────────────────────────────


def test_units_move_with_the_dates_and_cost_of_their_lots(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12")
    assert made.leaving.link == made.arriving.link is not None
    assert lots(source) == [("2024-03-01", D(3), D(390))]
    assert lots(target) == [("2024-01-02", D(10), D(1000)), ("2024-03-01", D(2), D(260))]
    assert made.arriving.acquired_on == date(2024, 1, 2)
    for one in (source, target):
        assert book_of(fresh(one)).realised == 0


def test_there_and_back_keeps_the_order_in_which_units_were_bought(source: Any, target: Any, asml: Any) -> None:
    before = lots(source)
    move(source, target, asml, "12", MAY)
    move(target, source, asml, "12", JUNE)
    assert by_day(source) == before
    record(fresh(source), "sell", JULY, asml, quantity="10", price="150")
    (match,) = book_of(fresh(source)).matches
    assert (match.opened_on, match.cost) == (date(2024, 1, 2), D(1000))


def test_a_transfer_names_the_lots_that_it_takes(source: Any, target: Any, asml: Any) -> None:
    second = Transaction.objects.filter(portfolio=source).latest("pk")
    move(source, target, asml, "4", lots=[LotChoice(second.entry, D(3))])
    assert lots(target) == [("2024-01-02", D(1), D(100)), ("2024-03-01", D(3), D(390))]
    before = everything()
    with pytest.raises(LotNotOpen, match="names 3 units of a lot of which 2 were left"):
        move(source, target, asml, "3", JUNE, lots=[LotChoice(second.entry, D(3))])
    assert everything() == before


def test_the_pool_of_an_average_portfolio_moves_at_its_average(person: Any, asml: Any, target: Any) -> None:
    pool = make_portfolio(person, name="Pool", tracks_cash=False)
    record(pool, "buy", "2024-01-02", asml, quantity="10", price="100")
    record(pool, "buy", "2024-03-01", asml, quantity="10", price="120")
    move(pool, target, asml, "5")
    assert lots(target) == [("2024-01-02", D(5), D(550))]


def test_the_cost_is_told_in_the_other_currency_at_the_rate_of_the_day(source: Any, person: Any, asml: Any) -> None:
    set_rate_every_day("USD", "1.25", MAY, MAY)
    dollars = make_portfolio(person, name="Dollars", base_currency="USD", cost_method="fifo", tracks_cash=False)
    made = move(source, dollars, asml, "10")
    assert (made.arriving.settlement_currency or made.arriving.currency, made.arriving.fx_rate) == ("EUR", D("1.25"))
    assert lots(dollars) == [("2024-01-02", D(10), D(1250))]
    assert Holding.objects.get(portfolio=dollars).cost_local == D(1000)


def test_a_bond_keeps_its_quote_in_percent(person: Any, target: Any) -> None:
    bond = make_instrument("BOND", asset_class="bond", price_factor=D("0.01"))
    portfolio = make_portfolio(person, name="Bonds", cost_method="fifo", tracks_cash=False)
    record(portfolio, "buy", "2024-01-02", bond, quantity="5000", price="98.5")
    made = move(portfolio, target, bond, "2000")
    assert (made.arriving.price, made.arriving.amount) == (D("98.5"), D(1970))
    assert lots(target) == [("2024-01-02", D(2000), D(1970))]


def test_without_a_rate_nothing_moves(source: Any, person: Any, asml: Any) -> None:
    dollars = make_portfolio(person, name="Dollars", base_currency="USD", tracks_cash=False)
    FxRate.objects.all().delete()
    before = everything()
    with pytest.raises(MissingRate, match="No EUR/USD rate is known for 6 May 2024"):
        move(source, dollars, asml, "10")
    assert everything() == before


def test_a_portfolio_gives_nothing_to_itself(source: Any, asml: Any) -> None:
    before = everything()
    with pytest.raises(SamePortfolio, match="Choose another portfolio"):
        move(source, source, asml, "1")
    assert everything() == before


def test_more_than_is_held_moves_nowhere(source: Any, target: Any, asml: Any) -> None:
    before = everything()
    with pytest.raises(Oversold, match="you held 15 ASML"):
        move(source, target, asml, "16")
    assert everything() == before


def test_a_failure_between_the_legs_leaves_neither(source: Any, target: Any, asml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    before = everything()
    monkeypatch.setattr("portfolios.transfers.following.arrival", killed)
    with pytest.raises(KeyboardInterrupt):
        move(source, target, asml, "1")
    assert everything() == before


def test_the_fee_of_a_transfer_is_an_expense_of_the_source(source: Any, target: Any, asml: Any) -> None:
    move(source, target, asml, "10", fees=D(5))
    assert (book_of(fresh(source)).expenses, book_of(fresh(target)).expenses) == (D(5), D(0))
    assert lots(target) == [("2024-01-02", D(10), D(1000))]


# ── changed and taken back together ─────────────────────────────────────────


@pytest.mark.parametrize("side", ["leaving", "arriving"])
def test_an_edit_of_either_side_changes_both(source: Any, target: Any, asml: Any, side: str) -> None:
    made = move(source, target, asml, "12")
    row = get_transaction(source.owner, getattr(made, side).entry)
    edited = edit_transaction(source.owner, row, quantity=D(4), traded_on=JUNE)
    assert (edited.entry, edited.quantity, edited.traded_on) == (row.entry, D(4), JUNE)
    other = other_leg(edited)
    assert other is not None and (other.quantity, other.traded_on, other.link) == (D(4), JUNE, made.leaving.link)
    assert lots(target) == [("2024-01-02", D(4), D(400))]


def test_each_side_keeps_its_own_note(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12", notes="To the new broker")
    edit_transaction(source.owner, made.arriving, notes="From the old broker", quantity=D(3))
    leaving, arriving = get_transaction(source.owner, made.leaving.entry), get_transaction(source.owner, made.arriving.entry)
    assert (leaving.notes, arriving.notes) == ("To the new broker", "From the old broker")
    assert (leaving.quantity, arriving.quantity) == (D(3), D(3))


@pytest.mark.parametrize("change", [{"price": D(1)}, {"acquired_on": date(2020, 1, 1)}, {"amount": D(5)}])
def test_the_cost_of_what_arrives_is_nobodys_to_enter(source: Any, target: Any, asml: Any, change: dict[str, Any]) -> None:
    made = move(source, target, asml, "12")
    with pytest.raises(TransferMismatch, match="comes with the units from “Core”"):
        edit_transaction(source.owner, get_transaction(source.owner, made.arriving.entry), **change)


@pytest.mark.parametrize("side", ["leaving", "arriving"])
def test_voiding_either_side_takes_both_out_and_undo_brings_both_back(source: Any, target: Any, asml: Any, side: str) -> None:
    made = move(source, target, asml, "12")
    there = lots(target)
    row = get_transaction(source.owner, getattr(made, side).entry)
    void_transaction(source.owner, row)
    assert Transaction.objects.live().filter(link=made.leaving.link).count() == 0
    assert lots(target) == [] and sum(units for _, units, _ in lots(source)) == 15
    restored = restore_transaction(source.owner, get_transaction(source.owner, row.entry, with_voided=True))
    assert restored.entry == row.entry
    assert lots(target) == there
    assert {leg.entry for leg in Transaction.objects.live().filter(link=made.leaving.link)} == {made.leaving.entry, made.arriving.entry}
    with pytest.raises(AlreadyVoided):
        void_transaction(source.owner, row)


def test_a_transfer_whose_units_were_sold_on_cannot_be_taken_back(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12")
    record(fresh(target), "sell", JUNE, asml, quantity="11", price="150")
    before = everything()
    with pytest.raises(Oversold, match="The other portfolio of the transfer, “Savings”, refuses this"):
        void_transaction(source.owner, get_transaction(source.owner, made.leaving.entry))
    with pytest.raises(Oversold):
        edit_transaction(source.owner, get_transaction(source.owner, made.leaving.entry), quantity=D(10))
    assert everything() == before


# ── what is carried follows the history it comes from ───────────────────────


def test_a_change_of_the_source_before_the_transfer_changes_what_it_carried(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12")
    record(fresh(source), "buy", "2023-06-01", asml, quantity="2", price="50")
    assert lots(target) == [("2023-06-01", D(2), D(100)), ("2024-01-02", D(10), D(1000))]
    arriving = get_transaction(source.owner, made.arriving.entry)
    assert arriving.pk != made.arriving.pk and arriving.entry == made.arriving.entry
    assert arriving.amount == D(1100)
    assert other_leg(arriving).pk == made.leaving.pk  # type: ignore[union-attr]


def test_a_change_after_the_transfer_leaves_it_alone(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12")
    record(fresh(source), "buy", JUNE, asml, quantity="2", price="50")
    assert get_transaction(source.owner, made.arriving.entry).pk == made.arriving.pk


def test_a_locked_period_of_the_other_portfolio_holds_the_change_back(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12")
    Portfolio.objects.filter(pk=target.pk).update(locked_until=date(2024, 12, 31))
    before = everything()
    for change in (
        partial(record, fresh(source), "buy", "2023-06-01", asml, quantity="2", price="50"),
        partial(edit_transaction, source.owner, get_transaction(source.owner, made.leaving.entry), quantity=D(1)),
        partial(void_transaction, source.owner, get_transaction(source.owner, made.leaving.entry)),
        partial(update_portfolio, source.owner, fresh(source), cost_method="average"),
        partial(move, fresh(source), fresh(target), asml, "1", JUNE),
    ):
        with pytest.raises(PeriodLocked, match="The other portfolio of the transfer, “Savings”, refuses this"):
            change()
    assert everything() == before
    record(fresh(source), "buy", JUNE, asml, quantity="2", price="50")  # what was carried stays as it is


def test_a_chain_of_transfers_follows_to_its_end(person: Any, source: Any, target: Any, asml: Any) -> None:
    third = make_portfolio(person, name="Third", cost_method="fifo", tracks_cash=False)
    move(source, target, asml, "12", MAY)
    move(target, third, asml, "6", MAY + timedelta(days=3))
    move(third, source, asml, "2", JUNE)
    record(fresh(source), "buy", "2023-06-01", asml, quantity="1", price="40")
    assert lots(third)[0] == ("2024-01-02", D(4), D(400))
    assert lots(source)[0] == ("2023-06-01", D(1), D(40))


def test_there_and_back_many_times_settles(source: Any, target: Any, asml: Any) -> None:
    day = MAY
    for _ in range(6):
        move(source, target, asml, "12", day)
        move(target, source, asml, "12", day + timedelta(days=1))
        day += timedelta(days=7)
    record(fresh(source), "buy", "2023-06-01", asml, quantity="1", price="40")
    assert by_day(source) == [("2023-06-01", D(1), D(40)), ("2024-01-02", D(10), D(1000)), ("2024-03-01", D(5), D(650))]


def test_another_cost_method_carries_other_lots(source: Any, target: Any, asml: Any) -> None:
    move(source, target, asml, "12")
    update_portfolio(source.owner, fresh(source), cost_method="average")
    assert lots(target) == [("2024-01-02", D(12), D(1320))]


def test_units_handed_round_on_one_day_are_refused_where_they_never_settle(person: Any, asml: Any) -> None:
    one, two = (make_portfolio(person, name=name, tracks_cash=False) for name in ("One", "Two"))
    record(one, "buy", "2024-01-02", asml, quantity="10", price="100")
    record(two, "buy", "2024-01-02", asml, quantity="10", price="130")
    move(one, two, asml, "3")
    before = everything()
    with pytest.raises(CircularTransfer, match="come back in a circle") as refused:
        move(fresh(two), fresh(one), asml, "7")
    assert refused.value.code == "circular_transfer"
    assert everything() == before


def test_what_is_left_of_a_transfer_when_a_portfolio_is_deleted_is_an_entry_like_any_other(source: Any, target: Any, asml: Any) -> None:
    made = move(source, target, asml, "12")
    delete_portfolio(source.owner, fresh(source))
    left = get_transaction(target.owner, made.arriving.entry)
    assert left.link is None
    assert lots(target) == [("2024-01-02", D(10), D(1000)), ("2024-03-01", D(2), D(260))]
    void_transaction(target.owner, left)


# ── before it is done ───────────────────────────────────────────────────────


def test_a_preview_says_what_moves_and_what_is_left_and_writes_nothing(
    source: Any, target: Any, asml: Any, django_assert_max_num_queries: Any
) -> None:
    before = everything()
    with django_assert_max_num_queries(8):
        seen = preview_transfer(source.owner, source, target, TransferDraft(instrument=asml, quantity=D(12), day=MAY))
    assert [(str(lot.acquired_on), lot.quantity, lot.cost) for lot in seen.lots] == [("2024-01-02", D(10), D(1000)), ("2024-03-01", D(2), D(260))]
    assert (seen.cost, seen.problem) == (D(1260), "")
    assert seen.source and seen.target
    assert (seen.source.held_before, seen.source.held_after, seen.source.average_after) == (D(15), D(3), D(130))
    assert (seen.target.held_before, seen.target.held_after, seen.target.average_after) == (D(0), D(12), D(105))
    assert everything() == before
    refused = preview_transfer(source.owner, source, target, TransferDraft(instrument=asml, quantity=D(16), day=MAY))
    assert "you held 15 ASML" in refused.problem


def test_a_trade_in_a_linked_portfolio_costs_few_queries(source: Any, target: Any, asml: Any, django_assert_max_num_queries: Any) -> None:
    move(source, target, asml, "12")
    with django_assert_max_num_queries(26):
        record(fresh(source), "buy", "2024-08-01", asml, quantity="1", price="90")


# ── at the same moment ──────────────────────────────────────────────────────


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_transfers_in_both_directions_at_once_never_block_each_other(transactional_db: None) -> None:
    person, asml = make_person("racer"), make_instrument("ASML")
    two = [make_portfolio(person, name=name, cost_method="fifo", tracks_cash=False) for name in ("One", "Two")]
    for number, portfolio in enumerate(two):
        record(portfolio, "buy", f"2024-01-0{number + 2}", asml, quantity="50", price="100")
    for trial in range(10):
        day = MAY + timedelta(days=trial)
        outcomes = at_once(partial(move, two[0], two[1], asml, "1", day), partial(move, two[1], two[0], asml, "2", day))
        assert [type(outcome).__name__ for outcome in outcomes] == ["Transfer", "Transfer"], outcomes
    assert Transaction.objects.live().filter(link__isnull=False).count() == 40
    assert [sum(units for _, units, _ in lots(one)) for one in two] == [60, 40]


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_a_sale_and_a_transfer_of_the_same_units_at_once_leave_one_of_them(transactional_db: None) -> None:
    person, asml = make_person("racer"), make_instrument("ASML")
    target = make_portfolio(person, name="Target", tracks_cash=False)
    for trial in range(10):
        source = make_portfolio(person, name=f"Source {trial}", cost_method="fifo", tracks_cash=False)
        record(source, "buy", "2024-01-02", asml, quantity="10", price="100")
        sale = partial(record, source, "sell", "2024-06-01", asml, quantity="8", price="120")
        outcomes = at_once(sale, partial(move, source, target, asml, "8", JUNE))
        assert [isinstance(outcome, Oversold) for outcome in outcomes].count(True) == 1, outcomes
        assert sum(units for _, units, _ in lots(source)) == 2


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("units", ["15", "12"])
def test_there_and_back_and_there_again_on_one_day_keeps_lots_their_order_and_cost(
    source: Any, target: Any, asml: Any, timed: bool, units: str
) -> None:
    before = everything()
    at = [datetime(2024, 5, 6, hour, tzinfo=UTC) if timed else None for hour in (9, 10, 11)]
    try:
        for (one, other), time in zip([(source, target), (target, source), (source, target)], at, strict=True):
            move(fresh(one), fresh(other), asml, units, time=time)
    except CircularTransfer as refused:
        assert not timed and "Enter the time of each, or give them different days." in refused.detail
        return
    moved = by_day(target)
    assert moved == (
        [("2024-01-02", D(10), D(1000)), ("2024-03-01", D(5), D(650))]
        if units == "15"
        else [("2024-01-02", D(10), D(1000)), ("2024-03-01", D(2), D(260))]
    )
    assert by_day(source) == ([] if units == "15" else [("2024-03-01", D(3), D(390))])
    assert all(row.realised == 0 for row in Holding.objects.all()) and before != everything()
    record(target, "sell", "2024-06-03", asml, quantity=units, price="200")
    taken = book_of(fresh(target)).matches
    days = [str(one.opened_on) for one in taken]
    assert days == sorted(days) and sum(one.cost for one in taken) == sum(cost for _, _, cost in moved)
