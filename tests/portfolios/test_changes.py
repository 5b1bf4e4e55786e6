"""Why a figure changed between then and now: entries with their effects, which add up to the difference of the figures."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portfolios.ledger.effects import NOTHING, Figures
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import Changes, changes_between, get_portfolio, get_transaction, holdings_of
from portfolios.services import edit_transaction, restore_transaction, void_transaction
from tests.factories import D, make_instrument, record

pytestmark = pytest.mark.django_db
START = timezone.now() - timedelta(days=100)
DAYS = [START + timedelta(days=n) for n in range(60)]


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding", price="120", previous="119")


@pytest.fixture
def sap(db: None) -> Any:
    return make_instrument("SAP", name="SAP SE", price="150", previous="149")


def write_on(entry: Transaction, day: int) -> None:
    """As if the last write had happened on a day."""
    moment = DAYS[day]
    rows = Transaction.objects.of_entry(entry.entry).order_by("-pk")
    newest = rows[0]
    if newest.voided_at is None:
        Transaction.objects.filter(pk=newest.pk).update(recorded_at=moment)
        Transaction.objects.filter(pk=newest.replaces_id, voided_at__gt=DAYS[-1]).update(voided_at=moment)
    else:
        Transaction.objects.filter(pk=newest.pk).update(voided_at=moment)


@pytest.fixture
def history(portfolio: Any, asml: Any, sap: Any) -> Portfolio:
    """Ten days: 1 deposit, 2 buy ASML, 3 sell some, 4 correct the purchase, 5 buy SAP, 6 void it, 7 restore it, 8 a fee of none."""
    write_on(record(portfolio, "deposit", "2024-01-02", amount="5000"), 1)
    buy = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    write_on(buy, 2)
    write_on(record(portfolio, "sell", "2024-06-03", asml, quantity="4", price="110"), 3)
    edit_transaction(portfolio.owner, get_transaction(portfolio.owner, buy.entry), price=D(90), fees=D(2))
    write_on(buy, 4)
    other = record(portfolio, "buy", "2024-02-01", sap, quantity="5", price="140")
    write_on(other, 5)
    void_transaction(portfolio.owner, get_transaction(portfolio.owner, other.entry))
    write_on(other, 6)
    restore_transaction(portfolio.owner, get_transaction(portfolio.owner, other.entry, with_voided=True))
    write_on(other, 7)
    write_on(record(portfolio, "fee", "2024-03-01", amount="7"), 8)
    return get_portfolio(portfolio.owner, portfolio.pk)


def sums(found: Changes) -> dict[int | None, Figures]:
    total: dict[int | None, Figures] = {}
    for change in found.changes:
        for effect in change.effects:
            pk = None if effect.instrument is None else effect.instrument.id
            total[pk] = total.get(pk, NOTHING).plus(effect.figures)
    return {pk: figures for pk, figures in total.items() if any(figures)}


def test_each_write_is_told_with_what_it_did(history: Portfolio, asml: Any, sap: Any) -> None:
    found = changes_between(history, DAYS[0], DAYS[9])
    assert [(change.what, change.kind) for change in found.changes] == [
        ("recorded", "deposit"),
        ("recorded", "buy"),
        ("recorded", "sell"),
        ("edited", "buy"),
        ("recorded", "buy"),
        ("voided", "buy"),
        ("restored", "buy"),
        ("recorded", "fee"),
    ]
    deposit, bought, sold, edited, _, voided, _, fee = found.changes
    assert deposit.effects == ()
    assert bought.effects[0].figures == Figures(units=D(10), cost=D(1000))
    assert sold.effects[0].figures == Figures(units=D(-4), cost=D(-400), realised=D(40))
    # 10 for 902: 6 are left at 541.2, and the 4 sold for 440 cost 360.8
    assert edited.effects[0].figures == Figures(cost=Decimal("-58.8"), realised=Decimal("39.2"))
    assert {field.name: (field.before, field.after) for field in edited.fields} == {"price": (D(100), D(90)), "fees": (None, D(2))}
    assert voided.effects[0].figures == Figures(units=D(-5), cost=D(-700))
    assert fee.effects[0].instrument is None and fee.effects[0].figures == Figures(expenses=D(7))


@pytest.mark.parametrize(("first", "last"), [(0, 9), (2, 4), (3, 8), (4, 6), (5, 7), (9, 10)])
def test_the_effects_add_up_to_the_difference_of_the_figures(history: Portfolio, first: int, last: int) -> None:
    found = changes_between(history, DAYS[first], DAYS[last])
    then, later = (holdings_of(history, known_at=DAYS[day]) for day in (first, last))
    difference = {}
    for pk in {row.instrument.id for table in (then, later) for row in (*table.rows, *table.closed)}:
        old, new = (
            Figures(row.quantity, row.cost, row.realised, row.income, row.expenses) if (row := table.row(pk)) is not None else NOTHING
            for table in (then, later)
        )
        if old != new:
            difference[pk] = new.less(old)
    told = sums(found)
    loose = told.pop(None, NOTHING)
    assert told == difference == {row.instrument.id: row.change for row in found.totals if row.instrument is not None}
    booked = [table.expenses - sum((row.expenses for row in (*table.rows, *table.closed)), Decimal(0)) for table in (then, later)]
    assert loose.expenses == booked[1] - booked[0]


def test_a_report_of_an_earlier_day_leaves_later_entries_out(history: Portfolio) -> None:
    until = timezone.localdate().replace(year=2024, month=1, day=31)
    found = changes_between(history, DAYS[0], DAYS[9], until=until)
    assert [(change.what, change.day.isoformat()) for change in found.changes] == [
        ("recorded", "2024-01-02"),
        ("recorded", "2024-01-03"),
        ("edited", "2024-01-03"),
    ]
    assert found.changes[2].effects[0].figures == Figures(cost=D(-98))


def test_one_holding_is_told_alone(history: Portfolio, asml: Any, sap: Any) -> None:
    found = changes_between(history, DAYS[2], DAYS[9], instrument=asml)
    assert [change.what for change in found.changes] == ["recorded", "edited"]
    assert [row.instrument.symbol for row in found.totals if row.instrument] == ["ASML"]
    nothing = changes_between(history, DAYS[8], DAYS[9], instrument=asml)
    assert nothing.changes == () and nothing.totals == ()


def test_an_edit_that_moves_an_entry_in_front_of_the_day_is_told(portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-06-03", asml, quantity="10", price="100")
    write_on(entry, 1)
    edit_transaction(portfolio.owner, get_transaction(portfolio.owner, entry.entry), traded_on=timezone.localdate().replace(2024, 1, 3))
    write_on(entry, 2)
    until = timezone.localdate().replace(year=2024, month=1, day=31)
    found = changes_between(portfolio, DAYS[1], DAYS[3], until=until)
    assert found.changes[0].fields[0].name == "traded_on" and found.changes[0].effects[0].figures == Figures(units=D(10), cost=D(1000))


def test_entries_recorded_at_once_are_each_told(portfolio: Any, asml: Any) -> None:
    from portfolios.services import TransactionDraft, record_many, void_many

    day = timezone.localdate()
    drafts = [TransactionDraft(kind="buy", traded_on=day, instrument=asml, quantity=D(n), price=D(10)) for n in (1, 2)]
    drafts.append(TransactionDraft(kind="sell", traded_on=day, instrument=asml, quantity=D(3), price=D(12)))
    before = timezone.now()
    rows = record_many(portfolio.owner, portfolio, drafts)
    found = changes_between(portfolio, before, timezone.now())
    assert [change.effects[0].figures.units for change in found.changes] == [1, 2, -3]
    between = timezone.now()
    void_many(portfolio.owner, portfolio, rows)
    found = changes_between(portfolio, between, timezone.now())
    assert sums(found)[asml.pk] == Figures(realised=D(-6)) and any(change.with_next for change in found.changes)


@pytest.mark.parametrize("number", [2, 12])
def test_it_costs_the_same_queries_however_much_was_written(portfolio: Any, number: int, django_assert_max_num_queries: Any) -> None:
    before = timezone.now()
    for _ in range(number):
        record(portfolio, "buy", "2024-01-03", make_instrument(), quantity="2", price="100")
    with django_assert_max_num_queries(8):
        assert len(changes_between(portfolio, before, timezone.now()).changes) == number


# ── page and API ────────────────────────────────────────────────────────────


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def test_the_page_lists_the_writes_with_before_and_after(signed_in: Any, history: Portfolio, asml: Any) -> None:
    address = reverse("portfolio-changes", args=[history.pk])
    page = text(signed_in.get(address, {"from": DAYS[3].date().isoformat()}))
    assert "Edited" in page and "€100.00 → €90.00" in page and "−€58.80" in page and "+€39.20" in page and "Of no instrument" in page
    one = text(signed_in.get(address, {"from": DAYS[3].date().isoformat(), "instrument": asml.pk, "as_of": "2024-01-31"}))
    assert "Figures of 31 Jan 2024" in one and "−€98.00" in one and "SAP SE" not in one
    assert "Nothing was written" in text(signed_in.get(address, {"from": timezone.localdate().isoformat(), "to": timezone.localdate().isoformat()}))
    assert "Exchange the two" in text(signed_in.get(address, {"from": DAYS[9].date().isoformat(), "to": DAYS[2].date().isoformat()}))
    assert "is not a day" in text(signed_in.get(address, {"from": "soon"}))
    assert signed_in.get(address, {"instrument": "999999"}).status_code == 404


def test_hidden_amounts_stay_hidden_on_the_page(signed_in: Any, person: Any, history: Portfolio) -> None:
    from accounts.models import Preferences

    Preferences.objects.filter(user=person).update(hide_amounts=True)
    page = text(signed_in.get(reverse("portfolio-changes", args=[history.pk]), {"from": DAYS[0].date().isoformat()}))
    assert "€100" not in page and "58.80" not in page


def test_the_api_tells_the_same(api: Any, history: Portfolio) -> None:
    path = f"/api/v1/portfolios/{history.pk}/changes"
    found = api.get(path, {"from": DAYS[3].isoformat(), "to": DAYS[4].isoformat()}).json()
    assert found["changes"][0]["change"] == "edited"
    assert {"field": "price", "before": "100", "after": "90"} in found["changes"][0]["fields_changed"]
    assert found["changes"][0]["effects"][0] | {"instrument": 0} == {
        "instrument": 0, "symbol": "ASML", "quantity": "0", "cost": "-58.8", "realized": "39.2", "income": "0", "expenses": "0",
    }  # fmt: skip
    assert found["totals"][0]["change"]["cost"] == "-58.8" and found["totals"][0]["before"]["cost"] == "600"
    assert api.get(path).json()["errors"][0]["field"] == "from"
    assert api.get(path, {"from": DAYS[4].isoformat(), "to": DAYS[3].isoformat()}).json()["errors"][0]["field"] == "to"
    assert api.get(path, {"from": DAYS[4].isoformat(), "instrument": "ZZZ"}).status_code == 404


# ── pages of another moment ─────────────────────────────────────────────────


def test_holdings_tell_of_another_moment_and_lead_back(signed_in: Any, history: Portfolio, asml: Any) -> None:
    known = DAYS[3].date().isoformat()
    page = text(signed_in.get(reverse("holdings"), {"as_of": "2024-12-31", "known_at": known, "p": history.pk}))
    assert "You are looking at 31 Dec 2024, as known on" in page and "Back to now" in page and "SAP SE" not in page
    assert "data-row" not in page and "data-poll" not in page and "That day" in page
    assert f"{reverse('portfolio-changes', args=[history.pk])}?from={known}&amp;as_of=2024-12-31" in page
    assert f"{reverse('holding', args=[asml.pk])}?p={history.pk}&amp;as_of=2024-12-31&amp;known_at={known}" in page
    now = text(signed_in.get(reverse("holdings")))
    assert "You are looking at" not in now and "data-row" in now and 'name="as_of"' in now
    assert "is not a day" in text(signed_in.get(reverse("holdings"), {"as_of": "soon"}))


def test_the_page_of_a_holding_tells_of_another_moment(signed_in: Any, history: Portfolio, asml: Any) -> None:
    address = reverse("holding", args=[asml.pk])
    page = text(signed_in.get(address, {"known_at": DAYS[2].date().isoformat()}))
    assert "as known on" in page and "€1,000.00" in page and "data-row" not in page
    now = text(signed_in.get(address))
    assert f"{reverse('portfolio-changes', args=[history.pk])}?instrument={asml.pk}" in now and "€541.20" in now
