"""A transfer between two portfolios that was recorded the wrong way round is turned with one click: both sides, or neither."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from portfolio_site.kernel.errors import Conflict
from portfolios.errors import AlreadyVoided, Oversold, PeriodLocked
from portfolios.models import Portfolio, Reconciliation, Transaction
from portfolios.reconciling.selectors import comparison_of, get_reconciliation
from portfolios.reconciling.services import correct_difference, preview_correction, reconcile, undo_correction
from portfolios.selectors import book_of, get_portfolio, get_transaction
from portfolios.services import check_integrity, edit_transaction, lock_portfolio, restore_transaction, turn_transfer, void_transaction
from portfolios.transfers.legs import other_leg
from portfolios.transfers.services import Transfer, TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_portfolio, record, set_rate_every_day

pytestmark = pytest.mark.django_db
MARCH, DAY = date(2024, 3, 1), date(2024, 6, 30)


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def core(person: Any, asml: Any) -> Portfolio:
    """10 units at 100, and 5 at 130."""
    made = make_portfolio(person, name="Core", cost_method="fifo")
    record(made, "buy", "2024-01-02", asml, quantity="10", price="100")
    record(made, "buy", "2024-02-01", asml, quantity="5", price="130")
    return made


@pytest.fixture
def savings(person: Any, asml: Any) -> Portfolio:
    """8 units at 90."""
    made = make_portfolio(person, name="Savings", cost_method="fifo", tracks_cash=False)
    record(made, "buy", "2024-01-05", asml, quantity="8", price="90")
    return made


@pytest.fixture
def wrong(core: Portfolio, savings: Portfolio, asml: Any) -> Transfer:
    """Savings gave 4 to Core, so it is recorded; in truth Core gave them."""
    draft = TransferDraft(instrument=asml, quantity=D(4), day=MARCH, fees=D(3), fees_currency="EUR", notes="Moved")
    return transfer_units(core.owner, savings, core, draft)


def fresh(portfolio: Portfolio) -> Portfolio:
    return get_portfolio(portfolio.owner, portfolio.pk)


def lots(portfolio: Portfolio) -> list[tuple[str, Any, Any]]:
    return [(str(lot.opened_on), lot.quantity, lot.cost) for one in book_of(fresh(portfolio)).positions.values() for lot in one.lots]


def stated(portfolio: Portfolio, instrument: Any, units: str) -> Reconciliation:
    return reconcile(portfolio.owner, fresh(portfolio), day=DAY, positions=[(instrument, D(units))])


def lamp(statement: Reconciliation) -> str:
    return comparison_of(get_reconciliation(fresh(statement.portfolio), statement.pk)).lamp


def versions() -> list[Any]:
    return list(Transaction.objects.order_by("pk").values_list("pk", "voided_at", "kind"))


@pytest.mark.parametrize(("side", "units"), [("core", "11"), ("savings", "12")])
def test_a_statement_of_either_portfolio_turns_both_sides_and_takes_it_back(
    core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any, side: str, units: str
) -> None:
    before = lots(core), lots(savings)
    portfolio = core if side == "core" else savings
    statement = stated(portfolio, asml, units)
    line = comparison_of(statement).line(f"i{asml.pk}")
    assert line is not None and [(one.code, one.fix, one.entries[0].beside) for one in line.causes] == [
        ("wrong_direction", "turn", "Savings" if side == "core" else "Core")
    ]
    done = correct_difference(core.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert lots(core) == [("2024-01-02", D(6), D(600)), ("2024-02-01", D(5), D(650))]
    assert lots(savings) == [("2024-01-05", D(8), D(720)), ("2024-01-02", D(4), D(400))] or sorted(lots(savings)) == [
        ("2024-01-02", D(4), D(400)),
        ("2024-01-05", D(8), D(720)),
    ]
    leaving, arriving = get_transaction(core.owner, wrong.arriving.entry), get_transaction(core.owner, wrong.leaving.entry)
    assert (leaving.kind, leaving.portfolio_id, leaving.fees) == ("transfer_out", core.pk, D(3))
    assert (arriving.kind, arriving.portfolio_id, arriving.fees, arriving.amount) == ("transfer_in", savings.pk, None, D(400))
    assert leaving.link == arriving.link == wrong.leaving.link and leaving.notes == arriving.notes == "Moved"
    assert lamp(statement) == "agrees" and check_integrity() == []
    undo_correction(core.owner, statement, done)
    assert (lots(core), lots(savings)) == before and lamp(statement) == "differs" and check_integrity() == []
    back = get_transaction(core.owner, wrong.leaving.entry)
    assert (back.kind, back.fees, back.notes) == ("transfer_out", D(3), "Moved")
    with pytest.raises(Conflict, match="changed since"):
        undo_correction(core.owner, statement, done)


def test_the_preview_tells_what_changes_on_both_sides_and_writes_nothing(
    core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any, signed_in: Any, api: Any
) -> None:
    statement, before = stated(core, asml, "11"), versions()
    shown = preview_correction(core.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert [(one.units_before, one.units_after, one.cost_after) for one in shown.holdings] == [(D(19), D(11), D(1250))]
    assert [(one.before, one.after) for one in shown.cash] == [(D(-1650), D(-1653))]  # the costs are of the side that gives
    ((name, there),) = shown.beside
    assert name == "Savings" and [(one.units_before, one.units_after, one.cost_after) for one in there.holdings] == [(D(4), D(12), D(1120))]
    page = signed_in.get(reverse("portfolio-reconciliation", args=[core.pk, statement.pk])).content.decode()
    assert "Turn it round, with its other side in “Savings”, if so." in page
    address = reverse("portfolio-reconciliation-correct", args=[core.pk, statement.pk])
    drawer = signed_in.get(address, {"key": f"i{asml.pk}", "fix": "turn"}).content.decode()
    assert drawer.count("ASML, units") == 2 and ">Savings</h3>" in drawer
    path = f"/api/v1/portfolios/{core.pk}/reconcile/{statement.pk}/correct"
    told = api.get(path, {"key": f"i{asml.pk}", "fix": "turn"}).json()
    assert told["holdings"][0]["quantity_after"] == "11" and told["others"][0]["name"] == "Savings"
    assert told["others"][0]["holdings"][0]["quantity_after"] == "12"
    assert versions() == before


def test_the_page_and_the_api_turn_it_and_take_it_back(
    core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any, signed_in: Any, api: Any
) -> None:
    statement = stated(core, asml, "11")
    address = reverse("portfolio-reconciliation-correct", args=[core.pk, statement.pk])
    done = signed_in.post(address, {"key": f"i{asml.pk}", "fix": "turn"}, follow=True).content.decode()
    version = get_transaction(core.owner, wrong.arriving.entry).pk
    undo = f"{reverse('portfolio-reconciliation-undo', args=[core.pk, statement.pk])}?fix=turn&entries={wrong.arriving.entry}&versions={version}"
    assert "Entry turned round" in done and undo.replace("&", "&amp;") in done
    assert "Taken back" in signed_in.post(undo, follow=True).content.decode()
    assert get_transaction(core.owner, wrong.arriving.entry).kind == "transfer_in"
    path = f"/api/v1/portfolios/{core.pk}/reconcile/{statement.pk}"
    answer = api.post(f"{path}/correct", {"key": f"i{asml.pk}", "fix": "turn"}, format="json").json()
    assert answer["lamp"] == "agrees" and answer["corrected"] == [wrong.arriving.entry]
    assert api.post(f"{path}/undo", answer["undo"], format="json").json()["lamp"] == "differs"
    assert [leg.kind for leg in (wrong.leaving, wrong.arriving)] == [
        get_transaction(core.owner, leg.entry).kind for leg in (wrong.leaving, wrong.arriving)
    ]


def test_where_either_portfolio_refuses_neither_changes(core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any) -> None:
    record(fresh(core), "sell", "2024-04-01", asml, quantity="12", price="150")
    before = versions()
    statement = stated(savings, asml, "12")
    shown = preview_correction(core.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert "The other portfolio of the transfer, “Core”, refuses this." in shown.problem and "you held 11 ASML" in shown.problem
    with pytest.raises(Oversold):
        correct_difference(core.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert versions() == before and check_integrity() == []


@pytest.mark.parametrize("side", ["core", "savings"])
def test_a_lock_of_either_portfolio_holds_it_back(core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any, side: str) -> None:
    lock_portfolio(core.owner, fresh(core if side == "core" else savings), date(2024, 5, 1))
    before, statement = versions(), stated(core, asml, "11")
    assert "locked up to" in preview_correction(core.owner, statement, key=f"i{asml.pk}", fix="turn").problem
    with pytest.raises(PeriodLocked):
        correct_difference(core.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert versions() == before


def test_what_was_passed_on_afterwards_follows(person: Any, core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any) -> None:
    third = make_portfolio(person, name="Third", cost_method="fifo", tracks_cash=False)
    transfer_units(person, fresh(core), third, TransferDraft(instrument=asml, quantity=D(8), day=date(2024, 4, 1)))
    turn_transfer(person, get_transaction(person, wrong.leaving.entry))
    assert lots(third) == [("2024-01-02", D(6), D(600)), ("2024-02-01", D(2), D(260))]
    assert lots(core) == [("2024-02-01", D(3), D(390))] and check_integrity() == []


def test_a_turned_transfer_is_edited_voided_and_restored_like_any_other(core: Portfolio, savings: Portfolio, wrong: Transfer, asml: Any) -> None:
    owner = core.owner
    leaving = turn_transfer(owner, get_transaction(owner, wrong.arriving.entry))
    arriving = other_leg(leaving)
    assert arriving is not None and arriving.portfolio_id == savings.pk
    edit_transaction(owner, arriving, quantity=D(2))
    assert get_transaction(owner, leaving.entry).quantity == D(2) and check_integrity() == []
    void_transaction(owner, get_transaction(owner, arriving.entry))
    assert not Transaction.objects.live().filter(link=leaving.link).exists() and check_integrity() == []
    restore_transaction(owner, get_transaction(owner, arriving.entry, with_voided=True))
    assert {row.kind for row in Transaction.objects.live().filter(link=leaving.link)} == {"transfer_in", "transfer_out"}
    assert check_integrity() == []
    turn_transfer(owner, get_transaction(owner, leaving.entry))
    assert get_transaction(owner, leaving.entry).kind == "transfer_in" and check_integrity() == []


def test_portfolios_of_two_currencies_tell_the_cost_at_the_rate_of_the_day(person: Any, core: Portfolio, asml: Any) -> None:
    set_rate_every_day("USD", "1.25", MARCH, MARCH)
    dollars = make_portfolio(person, name="Dollars", base_currency="USD", cost_method="fifo", tracks_cash=False)
    record(dollars, "transfer_in", "2024-01-05", asml, quantity="8", price="90", amount="720", fx_rate="1.1")
    made = transfer_units(person, dollars, core, TransferDraft(instrument=asml, quantity=D(4), day=MARCH))
    turn_transfer(person, get_transaction(person, made.leaving.entry))
    arriving = get_transaction(person, made.leaving.entry)
    assert (arriving.kind, arriving.fx_rate, arriving.amount) == ("transfer_in", D("1.25"), D(400)) and check_integrity() == []


def test_only_a_current_side_of_a_transfer_is_turned(core: Portfolio, wrong: Transfer) -> None:
    with pytest.raises(Conflict, match="is no side of a transfer"):
        turn_transfer(core.owner, Transaction.objects.filter(kind="buy").first())
    old = get_transaction(core.owner, wrong.leaving.entry)
    edit_transaction(core.owner, get_transaction(core.owner, wrong.leaving.entry), quantity=D(2))
    before = versions()
    with pytest.raises(AlreadyVoided):
        turn_transfer(core.owner, old)
    assert versions() == before
