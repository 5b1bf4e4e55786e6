"""The form of one entry, for every kind: its fields, what it says before saving, and what it records."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from portfolios.choices import TransactionKind as Kind
from portfolios.kinds import REORGANISATIONS
from portfolios.models import Holding, Transaction
from portfolios.services.drafts import LegDraft
from tests.factories import D, make_instrument, make_portfolio, record, set_closes

pytestmark = pytest.mark.django_db
ADD, PREVIEW = "transaction-add", "transaction-preview"


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding", price="120.5", previous="120")


@pytest.fixture
def bond(db: None) -> Any:
    return make_instrument("BUND", name="Bund 2030", asset_class="bond", price_factor="0.01")


@pytest.fixture
def fifo(person: Any, asml: Any) -> Any:
    """Bought 10 at 10 and 10 at 20, sold 5 at 30."""
    portfolio = make_portfolio(person, cost_method="fifo", allows_short=True)
    record(portfolio, "deposit", "2024-01-02", amount="5000")
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="10")
    record(portfolio, "buy", "2024-01-04", asml, quantity="10", price="20")
    record(portfolio, "sell", "2024-02-01", asml, quantity="5", price="30")
    return portfolio


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def data(portfolio: Any, kind: str, **fields: Any) -> dict[str, Any]:
    base = {"kind": kind, "portfolio": portfolio.pk, "instrument": "ASML", "traded_on": "2024-03-01", "settlement": "EUR", "form_id": "one"}
    return {**base, **fields}


# ── every kind ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [kind.value for kind in Kind if kind not in REORGANISATIONS])
@pytest.mark.parametrize("named", [True, False])
def test_every_kind_has_a_form_of_its_own(signed_in: Any, fifo: Any, asml: Any, kind: str, named: bool) -> None:
    answer = signed_in.get(reverse(ADD) + f"?kind={kind}&p={fifo.pk}" + (f"&instrument={asml.pk}" if named else ""))
    page = text(answer)
    assert answer.status_code == 200 and 'name="traded_on"' in page and 'name="tags"' in page and 'name="notes"' in page
    assert signed_in.post(reverse(PREVIEW), data(fifo, kind)).status_code == 200


ENTRIES: dict[str, dict[str, Any]] = {
    "buy": {"quantity": "2", "price": "11"},
    "sell": {"quantity": "2", "price": "11"},
    "short_sell": {"quantity": "20", "price": "11"},
    "dividend": {"amount": "10", "taxes": "2"},
    "coupon": {"amount": "10"},
    "interest": {"amount": "10"},
    "staking_reward": {"quantity": "0.5", "price": "11"},
    "airdrop": {"quantity": "0.5", "price": "11"},
    "fee": {"amount": "3"},
    "tax": {"amount": "3"},
    "deposit": {"amount": "30"},
    "withdrawal": {"amount": "30"},
    "transfer_in": {"quantity": "2", "price": "9", "acquired_on": "2020-01-02"},
    "transfer_out": {"quantity": "2"},
    "split": {"ratio_new": "3", "ratio_old": "1"},
    "stock_dividend": {"quantity": "1"},
    "return_of_capital": {"amount": "5"},
    "rights": {"quantity": "1", "price": "5"},
    "redemption": {"quantity": "1", "price": "30"},
    "fx_exchange": {"given_amount": "100", "settlement": "EUR", "amount": "110", "received": "USD"},
    "adjustment": {"quantity": "-1"},
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_kind_is_recorded_from_its_form_and_saved_unchanged(signed_in: Any, fifo: Any, asml: Any, kind: str, django_user_model: Any) -> None:
    fields = {**ENTRIES[kind], "tags": "core, long ", "external_id": "B-1", "reference": "folder 3", "notes": "seen"}
    answer = signed_in.post(reverse(ADD), data(fifo, kind, **fields))
    assert answer.status_code == 302, text(answer)
    row = Transaction.objects.order_by("-pk")[0]
    assert (row.kind, row.tags, row.external_id, row.reference, row.notes) == (kind, ["core", "long"], "B-1", "folder 3", "seen")
    page = signed_in.get(reverse("transaction-edit", args=[row.entry]))
    form = page.context["form"]
    same = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    answer = signed_in.post(reverse("transaction-edit", args=[row.entry]), same | {"notes": "again"})
    assert answer.status_code == 302, text(answer)
    after = Transaction.objects.order_by("-pk")[0]
    names = (
        "kind",
        "quantity",
        "price",
        "amount",
        "fees",
        "taxes",
        "given_amount",
        "currency",
        "settlement_currency",
        "fx_rate",
        "tags",
        "reference",
    )
    assert {name: getattr(after, name) for name in names} == {name: getattr(row, name) for name in names} and after.notes == "again"


def test_types_stand_in_groups_and_short_sales_only_where_they_are_allowed(signed_in: Any, portfolio: Any) -> None:
    page = text(signed_in.get(reverse(ADD)))
    assert all(name in page for name in ("Trades", "Income", "Cash", "Transfers", "Corporate actions", "Currency exchange", "Stock dividend"))
    assert "Short sale" not in page
    portfolio.allows_short = True
    portfolio.save()
    assert "Short sale" in text(signed_in.get(reverse(ADD)))


def test_what_becomes_of_other_instruments_has_a_page_of_its_own(signed_in: Any, fifo: Any, asml: Any) -> None:
    wizard = reverse("action-add")
    assert f"{wizard}?kind=merger" in text(signed_in.get(reverse(ADD)))
    answer = signed_in.get(reverse(ADD) + f"?kind=spin_off&p={fifo.pk}&instrument={asml.pk}")
    assert answer.status_code == 302 and answer["Location"] == f"{wizard}?kind=spin_off&p={fifo.pk}&instrument={asml.pk}"
    assert signed_in.get(answer["Location"]).status_code == 200


def test_an_action_on_several_instruments_keeps_its_legs_when_its_note_is_changed(signed_in: Any, fifo: Any, asml: Any) -> None:
    part = make_instrument("PART", name="Part")
    legs = (LegDraft(instrument=part, ratio_new=D("1"), ratio_old=D("2"), cost_share=D("0.25")),)
    entry = record(fifo, "spin_off", "2024-02-15", asml, legs=legs)
    form = signed_in.get(reverse("transaction-edit", args=[entry.entry])).context["form"]
    same = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    answer = signed_in.post(reverse("transaction-edit", args=[entry.entry]), same | {"notes": "as the letter said"})
    assert answer.status_code == 302, text(answer)
    assert Holding.objects.get(portfolio=fifo, instrument=part).quantity == D("7.5")
    assert "PART, units" in text(signed_in.get(reverse("transaction-void", args=[entry.entry])))


# ── fields that are seldom needed ───────────────────────────────────────────


def test_a_trade_keeps_time_settlement_and_costs_in_their_own_currency(signed_in: Any, fifo: Any, asml: Any, dollar: None) -> None:
    fields = {"quantity": "1", "price": "30", "traded_time": "14:32:07", "settles_on": "2020-06-05", "fees": "2", "costs_currency": "USD"}
    answer = signed_in.post(reverse(ADD), data(fifo, "buy", traded_on="2020-06-03", **fields))
    assert answer.status_code == 302, text(answer)
    row = Transaction.objects.order_by("-pk")[0]
    assert (row.settles_on, row.costs_currency, row.fees) == (date(2020, 6, 5), "USD", D("2")) and row.traded_at is not None and row.costs_rate
    early = signed_in.post(reverse(ADD), data(fifo, "buy", **{**fields, "form_id": "two"}))
    assert early.status_code == 422 and "cannot settle before it" in text(early)


def test_a_bond_is_quoted_in_percent_of_par_with_accrued_interest(signed_in: Any, portfolio: Any, bond: Any) -> None:
    page = text(signed_in.get(reverse(ADD) + f"?kind=buy&instrument={bond.pk}"))
    assert "Price, percent of par" in page and 'name="accrued"' in page
    fields = {"instrument": "BUND", "quantity": "1000", "price": "98.5", "accrued": "12"}
    said = text(signed_in.post(reverse(PREVIEW), data(portfolio, "buy", **fields)))
    assert "€985.00" in said and "−€997.00" in said
    assert signed_in.post(reverse(ADD), data(portfolio, "buy", **fields)).status_code == 302
    assert Holding.objects.get().cost == D("985")


def test_an_exchange_has_two_currencies(signed_in: Any, fifo: Any) -> None:
    page = text(signed_in.get(reverse(ADD) + f"?kind=fx_exchange&p={fifo.pk}"))
    assert 'name="given_amount"' in page and "Received in" in page and "Given in" in page
    fields = {"given_amount": "100", "settlement": "EUR", "amount": "110", "received": "USD", "fees": "1"}
    said = text(signed_in.post(reverse(PREVIEW), data(fifo, "fx_exchange", **fields)))
    assert "+$110.00" in said and "−€101.00" in said


# ── lots ────────────────────────────────────────────────────────────────────


def test_a_sale_may_name_its_lots_where_they_are_kept_apart(signed_in: Any, fifo: Any, portfolio: Any, asml: Any) -> None:
    second = Transaction.objects.get(portfolio=fifo, traded_on="2024-01-04")
    page = text(signed_in.get(reverse(ADD) + f"?kind=sell&instrument={asml.pk}&p={fifo.pk}&traded_on=2024-03-01"))
    assert f'name="lot_{second.entry}"' in page and 'name="method"' in page and "Name the lots it takes" in page
    fields = {"quantity": "4", "price": "30", f"lot_{second.entry}": "4"}
    assert "+€40.00" in text(signed_in.post(reverse(PREVIEW), data(fifo, "sell", **fields)))  # 4 × (30 − 20)
    assert signed_in.post(reverse(ADD), data(fifo, "sell", **fields)).status_code == 302
    row = Transaction.objects.order_by("-pk")[0]
    assert row.method == "specific" and [lot["entry"] for lot in row.lots] == [second.entry]
    again = text(signed_in.get(reverse("transaction-edit", args=[row.entry])))
    assert f'name="lot_{second.entry}" value="4"' in again
    pooled = text(signed_in.get(reverse(ADD) + f"?kind=sell&instrument={asml.pk}&p={portfolio.pk}"))
    assert 'name="lot_' not in pooled and 'name="method"' not in pooled


def test_one_sale_may_have_a_method_of_its_own(signed_in: Any, fifo: Any, asml: Any) -> None:
    fields = {"quantity": "4", "price": "30", "method": "hifo"}
    assert "Highest cost first" in text(signed_in.post(reverse(PREVIEW), data(fifo, "sell", **fields)))
    assert signed_in.post(reverse(ADD), data(fifo, "sell", **fields)).status_code == 302
    assert Transaction.objects.order_by("-pk")[0].method == "hifo"


# ── what is said before saving ──────────────────────────────────────────────


def test_slips_are_said_before_saving(signed_in: Any, fifo: Any, asml: Any) -> None:
    set_closes(asml, {date(2024, 3, 1): "30", date(2024, 1, 3): "10"})
    page = text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", quantity="1000", price="30")))
    assert "Cash would be" in page and "−€" in page
    assert "looks like a duplicate of" in text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", traded_on="2024-01-05", quantity="10", price="20")))
    assert "+100% away from the close" in text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", quantity="1", price="60")))
    assert "is a weekend" in text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", traded_on="2024-03-02", quantity="1", price="30")))
    assert "would be short" in text(signed_in.post(reverse(PREVIEW), data(fifo, "sell", quantity="100", price="30")))
    fine = text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", quantity="1", price="30")))
    assert "note--warn" not in fine


def test_a_back_dated_entry_says_which_later_sales_change(signed_in: Any, fifo: Any, asml: Any) -> None:
    page = text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", traded_on="2024-01-02", quantity="10", price="28")))
    assert "Gain of the sale of ASML, 1 Feb 2024" in page and "+€100.00" in page and "+€10.00" in page


def test_an_edit_says_what_changes_downstream(signed_in: Any, fifo: Any, asml: Any) -> None:
    first = Transaction.objects.get(portfolio=fifo, traded_on="2024-01-03")
    fields = {"entry": first.entry, "traded_on": "2024-01-03", "quantity": "10", "price": "12"}
    page = text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", **fields)))
    assert "ASML, cost" in page and "€250.00" in page and "€260.00" in page
    assert "Gain of the sale of ASML, 1 Feb 2024" in page and "+€100.00" in page and "+€90.00" in page
    assert "Cash in EUR" in page and "€4,850.00" in page and "€4,830.00" in page
    assert "looks like a duplicate" not in page and Transaction.objects.filter(portfolio=fifo).count() == 4


def test_an_edit_of_what_a_later_sale_needs_can_be_looked_at(signed_in: Any, portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="10")
    record(portfolio, "sell", "2024-02-01", asml, quantity="8", price="30")
    fields = {"entry": entry.entry, "traded_on": "2024-01-03", "quantity": "10", "price": "12"}
    page = text(signed_in.post(reverse(PREVIEW), data(portfolio, "buy", **fields)))
    assert "+€160.00" in page and "+€144.00" in page and "you held" not in page


def test_a_void_says_what_it_changes_and_can_be_taken_back(signed_in: Any, fifo: Any, asml: Any) -> None:
    second = Transaction.objects.get(portfolio=fifo, traded_on="2024-01-04")
    address = reverse("transaction-void", args=[second.entry])
    page = text(signed_in.get(address))
    assert "ASML, units" in page and "Cash in EUR" in page and Transaction.objects.live().filter(portfolio=fifo).count() == 4
    done = text(signed_in.post(address, follow=True))
    assert "voided" in done and reverse("transaction-restore", args=[second.entry]) in done


def test_a_void_that_would_be_refused_says_so_first(signed_in: Any, portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-02-03", asml, quantity="8", price="100")
    page = text(signed_in.get(reverse("transaction-void", args=[entry.entry])))
    assert "Without this entry a later one has nothing to take from" in page and "disabled" in page


def test_a_locked_period_is_said_before_saving_and_before_a_void(signed_in: Any, fifo: Any, asml: Any) -> None:
    second = Transaction.objects.get(portfolio=fifo, traded_on="2024-01-04")
    fifo.locked_until = date(2024, 1, 31)
    fifo.save()
    assert "locked up to 31 Jan 2024" in text(signed_in.post(reverse(PREVIEW), data(fifo, "buy", traded_on="2024-01-10", quantity="1", price="1")))
    assert "locked up to 31 Jan 2024" in text(signed_in.get(reverse("transaction-void", args=[second.entry])))


@pytest.mark.parametrize("entries", [2, 40])
def test_saying_what_it_comes_to_asks_as_much_of_the_database_however_long_the_ledger(
    signed_in: Any, fifo: Any, asml: Any, entries: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(entries):
        record(fifo, "buy", date(2024, 2, 2), asml, quantity="1", price=str(20 + number))
    with django_assert_max_num_queries(22):
        signed_in.post(reverse(PREVIEW), data(fifo, "sell", quantity="1", price="30"))
    with django_assert_max_num_queries(22):
        signed_in.get(reverse(ADD) + f"?kind=sell&instrument={asml.pk}&p={fifo.pk}")


# ── duplicating ─────────────────────────────────────────────────────────────


def test_duplicating_fills_the_form_with_the_entry_and_the_date_of_today(signed_in: Any, fifo: Any, today: date) -> None:
    first = Transaction.objects.get(portfolio=fifo, traded_on="2024-01-03")
    page = text(signed_in.get(reverse(ADD) + f"?clone={first.entry}"))
    assert (
        "Duplicate buy" in page
        and 'value="ASML · ASML Holding"' in page
        and f'value="{today.isoformat()}"' in page
        and 'name="quantity" value="10"' in page
    )
    assert 'name="entry"' not in page  # it is a new one


def test_a_stranger_duplicates_nothing(client: Any, stranger: Any, fifo: Any) -> None:
    make_portfolio(stranger)
    client.force_login(stranger)
    first = Transaction.objects.filter(portfolio=fifo).first()
    assert client.get(reverse(ADD) + f"?clone={first.entry}").status_code == 404
