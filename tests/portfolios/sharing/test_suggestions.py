"""What advisers suggest: who may, who decides, that the ledger judges it, and that it is recorded as any other entry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from alerts.models import Notice
from portfolio_site.kernel.errors import Invalid
from portfolios.errors import AlreadyDecided, NotAllowedForRole, SuggestionNotFound, SuggestionOutdated, TooManySuggestions
from portfolios.models import Suggestion, Transaction
from portfolios.roles import Role
from portfolios.services import edit_transaction, void_transaction
from portfolios.sharing.memberships import end_membership, set_membership
from portfolios.suggestions import services
from portfolios.suggestions.keeping import as_kept, as_meant
from tests import factories
from tests.portfolios.every_kind import drafts_of_every_kind, make_world

D = factories.D
HOSTILE = "<script>alert(1)</script> {{ 7|add:7 }} \"'><img src=x onerror=alert(1)> =HYPERLINK(1)"


@pytest.fixture
def shared(portfolio: Any, stranger: Any) -> Any:
    """The portfolio with money and a holding, and the stranger as its adviser."""
    factories.record(portfolio, "deposit", "2024-01-02", amount="1000")
    factories.record(portfolio, "buy", "2024-01-03", factories.make_instrument("ACME"), quantity="10", price="10")
    set_membership(portfolio, stranger, Role.ADVISER)
    return portfolio


@pytest.fixture
def bought(shared: Any) -> Transaction:
    return Transaction.objects.live().select_related("portfolio__owner", "instrument").get(portfolio=shared, kind="buy")


def a_purchase(actor: Any, portfolio: Any, bought: Transaction, **changes: Any) -> Suggestion:
    fields = {"kind": "buy", "traded_on": bought.traded_on, "instrument": bought.instrument, "quantity": D(5), "price": D("11.5"), **changes}
    return services.suggest_entry(actor, portfolio, note="More of it", **fields)


def browser_of(person: Any) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def caller(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def told(person: Any) -> list[str]:
    return [one.sentence for one in Notice.objects.filter(owner=person).order_by("pk")]


# ── suggesting ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "suggests", "decides"), [("manager", True, True), ("editor", True, True), ("adviser", True, False), ("viewer", False, False)]
)
def test_advisers_suggest_and_those_who_record_decide(
    shared: Any, bought: Transaction, person: Any, stranger: Any, role: str, suggests: bool, decides: bool
) -> None:
    set_membership(shared, stranger, Role(role))
    made = a_purchase(person, shared, bought)
    if not suggests:
        with pytest.raises(NotAllowedForRole):
            a_purchase(stranger, shared, bought)
    if not decides:
        with pytest.raises(NotAllowedForRole):
            services.accept_suggestion(stranger, made)
        with pytest.raises(NotAllowedForRole):
            services.decline_suggestion(stranger, made, reason="No")
    else:
        assert services.accept_suggestion(stranger, made).state == "accepted"
    page = browser_of(stranger).get(f"/portfolios/{shared.pk}/suggestions/").content.decode()
    assert "ACME" in page and ("Suggest an entry" in page) == suggests
    one = browser_of(stranger).get(f"/suggestions/{a_purchase(person, shared, bought).pk}/").content.decode()
    assert ("Accept and record" in one) == decides


def test_nothing_is_recorded_until_it_is_accepted_and_then_in_the_name_of_who_accepts(
    shared: Any, bought: Transaction, person: Any, stranger: Any
) -> None:
    before, revision = Transaction.objects.count(), shared.revision
    made = a_purchase(stranger, shared, bought)
    shared.refresh_from_db()
    assert Transaction.objects.count() == before and made.state == "open"
    done = services.accept_suggestion(person, made)
    row = Transaction.objects.get(pk=done.recorded)
    assert (row.quantity, row.price, row.recorded_by) == (D(5), D("11.5"), person)
    assert (done.state, done.decided_by) == ("accepted", person)
    shared.refresh_from_db()
    assert shared.revision > revision
    with pytest.raises(AlreadyDecided):
        services.accept_suggestion(person, made)
    assert Transaction.objects.count() == before + 1


def test_a_change_is_put_in_the_place_of_the_entry(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    made = services.suggest_change(stranger, bought, note="A slip", quantity=D(12), price=D(10))
    assert made.fields == {"quantity": "12"}  # the price is as it was
    services.accept_suggestion(person, made)
    now = Transaction.objects.live().get(portfolio=shared, kind="buy")
    assert (now.quantity, now.price, now.entry, now.replaces_id) == (D(12), D(10), bought.entry, bought.pk)
    with pytest.raises(Invalid, match="Nothing of the entry is changed"):
        services.suggest_change(stranger, now, quantity=D(12))


def test_a_void_takes_the_entry_out(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    services.accept_suggestion(person, services.suggest_void(stranger, bought, note="It was never settled"))
    assert not Transaction.objects.live().filter(portfolio=shared, kind="buy").exists()


@pytest.mark.parametrize("meanwhile", ["changed", "voided"])
def test_an_entry_that_was_changed_meanwhile_is_not_changed_again(
    meanwhile: str, shared: Any, bought: Transaction, person: Any, stranger: Any
) -> None:
    made = services.suggest_change(stranger, bought, quantity=D(12))
    if meanwhile == "changed":
        edit_transaction(person, bought, quantity=D(11))
    else:
        void_transaction(person, bought)
    with pytest.raises(SuggestionOutdated):
        services.accept_suggestion(person, made)
    page = browser_of(person).get(f"/suggestions/{made.pk}/")
    assert page.status_code == 200 and "changed or voided since" in page.content.decode()
    assert services.decline_suggestion(person, made, reason="Too late").reason == "Too late"


def test_what_the_ledger_refuses_is_not_kept_and_is_judged_again_when_it_is_accepted(
    shared: Any, bought: Transaction, person: Any, stranger: Any
) -> None:
    sale = {"kind": "sell", "traded_on": bought.traded_on, "instrument": bought.instrument, "price": D(12)}
    with pytest.raises(Invalid):
        services.suggest_entry(stranger, shared, quantity=D(11), **sale)
    with pytest.raises(Invalid) as problem:
        services.suggest_entry(stranger, shared, quantity=D(-1), **sale)
    assert problem.value.errors[0].field == "quantity"
    made = services.suggest_entry(stranger, shared, quantity=D(10), **sale)
    edit_transaction(person, bought, quantity=D(9))
    count = Transaction.objects.count()
    page = browser_of(person).post(f"/suggestions/{made.pk}/", {"do": "accept"})
    assert page.status_code == 422 and Transaction.objects.count() == count
    assert Suggestion.objects.get().state == "open"


def test_a_private_instrument_of_the_adviser_is_not_suggested(shared: Any, stranger: Any, bought: Transaction) -> None:
    own = factories.make_instrument("MINE", owner=stranger, exchange="")
    with pytest.raises(Invalid):
        a_purchase(stranger, shared, bought, instrument=own)


def test_every_kind_of_entry_is_kept_to_the_last_digit_and_meant_again(person: Any) -> None:
    world = make_world(person)
    for draft in drafts_of_every_kind(world):
        fields = {name: getattr(draft, name) for name in draft.__dataclass_fields__ if name not in {"link", "proposal", "source", "source_key"}}
        kept = json.loads(json.dumps(as_kept(fields)))
        assert as_meant(person, world.portfolio, kept) == fields


# ── deciding ────────────────────────────────────────────────────────────────


def test_declining_takes_a_reason_and_taking_back_is_for_the_author(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    made = a_purchase(stranger, shared, bought)
    with pytest.raises(Invalid):
        services.decline_suggestion(person, made, reason="  ")
    with pytest.raises(SuggestionNotFound):
        services.take_back_suggestion(person, made)
    assert services.take_back_suggestion(stranger, made).state == "taken_back"
    with pytest.raises(AlreadyDecided):
        services.decline_suggestion(person, made, reason="No")


def test_both_sides_are_told_without_what_it_is_about(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    editor = factories.make_person("eva")
    set_membership(shared, editor, Role.EDITOR)
    made = a_purchase(stranger, shared, bought)
    assert told(person) == told(editor) == [f"sam suggested something for “{shared.name}”."]
    services.decline_suggestion(editor, made, reason="We wait")
    assert told(stranger) == [f"eva declined a suggestion for “{shared.name}”."] and len(told(person)) == 2
    end_membership(shared, stranger)
    services.accept_suggestion(person, a_purchase(editor, shared, bought))
    assert len(told(stranger)) == 1


def test_each_step_stands_in_the_logs_without_words_or_amounts(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    services.accept_suggestion(person, a_purchase(stranger, shared, bought))
    steps = AuditEntry.objects.filter(subject=person.pk, action__startswith="suggestion.").order_by("sequence")
    assert [(one.action, one.actor) for one in steps] == [("suggestion.made", stranger.pk), ("suggestion.accepted", person.pk)]
    assert "11.5" not in str([one.data for one in steps]) and "More" not in str([one.data for one in steps])
    assert AuditEntry.objects.filter(subject=stranger.pk, action="suggestion.made").exists()


def test_words_and_amounts_are_sealed_and_hostile_words_are_text(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    made = services.suggest_change(stranger, bought, note=HOSTILE, quantity=D("7.125"))
    page = browser_of(person).get(f"/suggestions/{made.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<img src=x" not in page and "{{ 7|add:7 }}" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM portfolios_suggestion")
        row = b" ".join(bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in cursor.fetchone())
    assert b"script" not in row and b"7.125" not in row


def test_who_suggests_too_much_waits(shared: Any, bought: Transaction, stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_AN_HOUR", 1)
    made = a_purchase(stranger, shared, bought)
    services.take_back_suggestion(stranger, made)
    with pytest.raises(TooManySuggestions):
        a_purchase(stranger, shared, bought)


def test_a_role_that_ended_suggests_and_sees_nothing(shared: Any, bought: Transaction, stranger: Any) -> None:
    made = a_purchase(stranger, shared, bought)
    end_membership(shared, stranger)
    with pytest.raises(NotAllowedForRole):
        services.take_back_suggestion(stranger, made)
    assert browser_of(stranger).get(f"/suggestions/{made.pk}/").status_code == 404
    assert caller(stranger).get(f"/api/v1/suggestions/{made.pk}").status_code == 404


# ── pages and calls ─────────────────────────────────────────────────────────


def test_the_form_of_an_entry_suggests_and_previews_for_an_adviser(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    browser, address = browser_of(stranger), f"/portfolios/{shared.pk}/suggestions/new/"
    page = browser.get(f"{address}?kind=buy").content.decode()
    assert (
        "Why you suggest it" in page
        and ">Suggest</button>" in page
        and "/transactions/new/" not in page.split('id="entry-page"')[1].split("</section>")[0]
    )
    assert "hx-preserve" in page.split('name="suggestion_note"')[1].split(">")[0]
    fields = {"kind": "buy", "portfolio": shared.pk, "instrument": "ACME", "traded_on": "2024-01-04", "quantity": "3", "price": "9"}
    assert "What it comes to" in browser.post("/transactions/preview/", fields).content.decode()
    assert browser.post(address, fields | {"quantity": "x"}).status_code == 422
    assert browser.post(address, fields | {"suggestion_note": "Cheap"}).status_code == 302
    made = Suggestion.objects.get()
    assert (made.note, made.fields["quantity"], made.fields["price"]) == ("Cheap", "3", "9")
    assert browser_of(person).post(f"/suggestions/{made.pk}/", {"do": "accept"}).status_code == 302
    assert Transaction.objects.live().filter(portfolio=shared, kind="buy").count() == 2


def test_the_form_of_a_change_suggests_a_change_or_a_void(shared: Any, bought: Transaction, stranger: Any) -> None:
    browser, address = browser_of(stranger), f"/transactions/{bought.entry}/suggest/"
    assert "Suggest voiding it" in browser.get(address).content.decode()
    fields = {"instrument": "ACME", "traded_on": "2024-01-03", "quantity": "12", "price": "10"}
    assert browser.post(address, fields).status_code == 302
    assert browser.post(address, fields | {"do": "void", "suggestion_note": "Twice"}).status_code == 302
    assert list(Suggestion.objects.values_list("deed", flat=True)) == ["change", "void"]
    assert Suggestion.objects.first().fields == {"quantity": "12"}


def test_a_program_suggests_lists_accepts_and_declines(shared: Any, bought: Transaction, person: Any, stranger: Any) -> None:
    adviser, owner, address = caller(stranger), caller(person), f"/api/v1/portfolios/{shared.pk}/suggestions"
    entry = {"type": "buy", "date": "2024-01-04", "symbol": "ACME", "quantity": "3", "price": "9"}
    made = adviser.post(address, {"entry": entry, "note": "Cheap"}, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["proposed"] == {"type": "buy", "date": "2024-01-04", "quantity": "3", "price": "9", "instrument": bought.instrument_id}
    change = adviser.post(address, {"transaction": bought.entry, "changes": {"quantity": "12"}}, format="json").json()
    void = adviser.post(address, {"transaction": bought.entry, "void": True}, format="json").json()
    assert (change["deed"], change["proposed"], void["deed"]) == ("change", {"quantity": "12"}, "void")
    for body in ({}, {"entry": entry, "void": True}, {"void": True}, {"transaction": bought.entry}, {"transaction": bought.entry, "entry": entry}):
        assert adviser.post(address, body, format="json").status_code == 400, body
    assert adviser.post(f"/api/v1/suggestions/{void['id']}/accept").json()["code"] == "not_allowed_for_role"
    assert adviser.delete(f"/api/v1/suggestions/{void['id']}").status_code == 204
    assert owner.post(f"/api/v1/suggestions/{change['id']}/decline", {"reason": "No"}, format="json").json()["reason"] == "No"
    done = owner.post(f"/api/v1/suggestions/{made.json()['id']}/accept").json()
    assert done["state"] == "accepted" and Transaction.objects.filter(pk=done["recorded"]).exists()
    assert [one["state"] for one in owner.get(address).json()["results"]] == ["taken_back", "declined", "accepted"]
    assert [one["id"] for one in owner.get(f"{address}?state=declined").json()["results"]] == [change["id"]]
    assert owner.get(f"{address}?state=odd").status_code == 400


def test_an_entry_of_another_portfolio_is_not_there(shared: Any, person: Any) -> None:
    other = factories.record(factories.make_portfolio(person, name="Other"), "deposit", "2024-01-02", amount="5")
    answer = caller(person).post(f"/api/v1/portfolios/{shared.pk}/suggestions", {"transaction": other.entry, "void": True}, format="json")
    assert answer.status_code == 400


def test_the_page_asks_as_much_for_many_as_for_few(shared: Any, bought: Transaction, person: Any, django_assert_max_num_queries: Any) -> None:
    browser = browser_of(person)
    for count in (1, 8):
        for _ in range(count):
            a_purchase(person, shared, bought)
            services.suggest_void(person, bought)
        with django_assert_max_num_queries(12):
            assert browser.get(f"/portfolios/{shared.pk}/suggestions/").status_code == 200
