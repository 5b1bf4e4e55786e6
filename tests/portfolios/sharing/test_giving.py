"""A portfolio becomes somebody else's: what goes along, what stays, what ends, and that no figure changes unsaid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Preferences
from accounts.selectors import verify_chain
from alerts.models import Notice
from analytics.selectors import Scope
from market.models import Benchmark, Classification, FxRate, Instrument
from market.services import PartDraft, PriceRow, RateRow, classify, create_blend, ingest_prices, set_own_prices, set_own_rates
from portfolio_site.kernel.errors import Conflict, Invalid
from portfolios.errors import CannotGiveAway, NotAllowedForRole, OfferNotFound
from portfolios.models import Holding, Invitation, Membership, OwnershipOffer, Portfolio, PublicLink, Transaction
from portfolios.roles import ALLOWED, Action, Role
from portfolios.selectors import portfolios_of, tables_of
from portfolios.services import check_integrity
from portfolios.sharing import services
from portfolios.sharing.consequences import consequences_of
from portfolios.sharing.giving import answer_offer, offer_portfolio, take_back
from portfolios.sharing.links import make_link
from portfolios.sharing.memberships import set_membership
from portfolios.transfers.services import TransferDraft, transfer_units
from tests import factories
from tests.factories import D


def confirmed(person: Any) -> Any:
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"primary": True, "verified": True})
    return person


@pytest.fixture(autouse=True)
def both_confirmed(person: Any, stranger: Any) -> None:
    confirmed(person), confirmed(stranger)


@pytest.fixture
def shared(portfolio: Any, stranger: Any) -> Any:
    """The portfolio, with the stranger as a viewer of it."""
    set_membership(portfolio, stranger, Role.VIEWER)
    return portfolio


def offered(portfolio: Any, *, stays: bool = True) -> OwnershipOffer:
    return offer_portfolio(portfolio.owner, portfolio, to=Membership.objects.get(portfolio=portfolio).user_id, stays=stays)


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


# ── offering ────────────────────────────────────────────────────────────────


def test_an_offer_changes_nothing_and_is_told_to_the_member_alone(
    shared: Any, person: Any, stranger: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = offered(shared)
    shared.refresh_from_db()
    assert shared.owner == person and Membership.objects.get().role == Role.VIEWER
    assert told(stranger) == ["mia offers you the portfolio “Core” as your own."] and told(person) == []
    message = mail.outbox[-1]
    assert message.to == [stranger.email] and f"/offers/{made.pk}/" in message.body
    assert shared.name not in message.subject + message.body
    for subject in (person, stranger):
        assert AuditEntry.objects.filter(subject=subject.pk, actor=person.pk, action="ownership.offered").count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_only_the_owner_offers(shared: Any, stranger: Any, role: Role) -> None:
    set_membership(shared, stranger, role)
    with pytest.raises(NotAllowedForRole):
        offer_portfolio(stranger, shared, to=stranger.pk, stays=True)


def test_it_goes_to_a_member_with_a_confirmed_address_who_is_not_leaving(shared: Any, person: Any, stranger: Any) -> None:
    with pytest.raises(Invalid, match="Choose a member"):
        offer_portfolio(person, shared, to=factories.make_person().pk, stays=True)
    with pytest.raises(Invalid, match="Choose a member"):
        offer_portfolio(person, shared, to=person.pk, stays=True)
    EmailAddress.objects.filter(user=stranger).update(verified=False)
    with pytest.raises(Invalid, match="confirmed"):
        offered(shared)
    confirmed(stranger)
    Preferences.objects.filter(user=stranger).update(leaves_at=timezone.now())
    with pytest.raises(Invalid):
        offered(shared)
    assert not OwnershipOffer.objects.exists()


def test_there_is_one_offer_at_a_time_and_it_can_be_taken_back(shared: Any, person: Any, stranger: Any) -> None:
    made = offered(shared)
    with pytest.raises(Conflict, match="already"):
        offered(shared)
    take_back(person, shared)
    with pytest.raises(OfferNotFound):
        answer_offer(stranger, made.pk, accept=True)
    with pytest.raises(OfferNotFound):
        take_back(person, shared)
    assert told(stranger)[-1] == "mia took the offer of “Core” back. You keep your role in it."
    offered(shared)


def test_an_offer_is_over_after_two_weeks_and_with_the_role(shared: Any, person: Any, stranger: Any) -> None:
    made = offered(shared)
    OwnershipOffer.objects.update(expires_at=timezone.now())
    with pytest.raises(OfferNotFound):
        answer_offer(stranger, made.pk, accept=True)
    made = offered(shared)  # in the place of the one that is over
    services.end_share(person, shared, stranger.pk)
    assert not OwnershipOffer.objects.exists()
    set_membership(shared, stranger, Role.VIEWER)
    with pytest.raises(OfferNotFound):
        answer_offer(stranger, made.pk, accept=True)


def test_ten_offers_a_day_are_enough(shared: Any, person: Any) -> None:
    for _ in range(10):
        offered(shared)
        take_back(person, shared)
    with pytest.raises(Conflict, match="10 times"):
        offered(shared)


# ── accepting ───────────────────────────────────────────────────────────────


def roles_agree(portfolio: Any) -> None:
    """Column, memberships and object permissions say the same of everybody."""
    roles = {one.user_id: Role(one.role) for one in Membership.objects.filter(portfolio=portfolio)} | {portfolio.owner_id: Role.OWNER}
    for user in get_user_model().objects.all():
        for action in Action:
            allowed = user.pk in roles and action in ALLOWED[roles[user.pk]]
            assert user.has_perm(f"portfolios.may_{action.value}_portfolio", portfolio) == allowed, (user, action)


@pytest.mark.parametrize("stays", [True, False])
def test_at_acceptance_everything_follows_at_once(
    shared: Any, person: Any, stranger: Any, stays: bool, django_capture_on_commit_callbacks: Any
) -> None:
    third = factories.make_person("eve")
    set_membership(shared, third, Role.EDITOR)
    factories.record(shared, "deposit", "2024-01-02", amount="10", tags=("house",))
    made = offer_portfolio(person, shared, to=stranger.pk, stays=stays)
    with django_capture_on_commit_callbacks(execute=True):
        answer_offer(stranger, made.pk, accept=True)
    now = Portfolio.objects.get(pk=shared.pk)
    assert now.owner == stranger and not OwnershipOffer.objects.exists()
    expected = {third.pk: "editor"} | ({person.pk: "manager"} if stays else {})
    assert dict(Membership.objects.values_list("user", "role")) == expected
    roles_agree(now)
    assert list(portfolios_of(stranger)) == [now] and not portfolios_of(person).exists()
    assert browser_of(person).get(f"/portfolios/{now.pk}/").status_code == (302 if stays else 404)
    assert caller(stranger).get("/api/v1/transactions?tag=house").json()["results"]
    assert told(person) == ["sam accepted your portfolio “Core”. It is theirs now."]
    assert mail.outbox[-1].to == [person.email] and "owner now" in mail.outbox[-1].body
    for subject in (person, stranger):
        (entry,) = AuditEntry.objects.filter(subject=subject.pk, action="ownership.given")
        assert (entry.actor, entry.data["before"], entry.data["owner"]) == (stranger.pk, person.pk, stranger.pk)
        assert verify_chain(subject.pk).why == ""


def test_declining_leaves_everything_as_it_was(shared: Any, person: Any, stranger: Any) -> None:
    made = offered(shared)
    answer_offer(stranger, made.pk, accept=False)
    assert Portfolio.objects.get().owner == person and Membership.objects.get().role == "viewer"
    assert told(person) == ["sam declined your portfolio “Core”. It stays yours."]
    with pytest.raises(OfferNotFound):
        answer_offer(stranger, made.pk, accept=True)


def test_nobody_else_answers(shared: Any, person: Any, stranger: Any) -> None:
    made = offered(shared)
    third = factories.make_person("eve")
    set_membership(shared, third, Role.MANAGER)
    for somebody in (person, third):
        with pytest.raises(OfferNotFound):
            answer_offer(somebody, made.pk, accept=True)
        assert browser_of(somebody).get(f"/offers/{made.pk}/").status_code == 404


def test_an_account_that_is_to_be_erased_takes_and_gives_nothing(shared: Any, person: Any, stranger: Any) -> None:
    made = offered(shared)
    for leaving in (person, stranger):
        Preferences.objects.filter(user=leaving).update(leaves_at=timezone.now())
        with pytest.raises(Conflict, match="erased"):
            answer_offer(stranger, made.pk, accept=True)
        Preferences.objects.filter(user=leaving).update(leaves_at=None)
    answer_offer(stranger, made.pk, accept=True)


# ── what hangs on the owner ─────────────────────────────────────────────────


def figures(portfolio: Any) -> tuple[Any, ...]:
    """What the portfolio comes to, to the last digit, as the page tells it to its owner."""
    mine = Portfolio.objects.select_related("owner").get(pk=portfolio.pk)
    table = tables_of([mine])[mine.pk]
    rows = [(row.instrument.id, row.instrument.sector, row.quantity, row.value, row.total_gain) for row in table.rows]
    series = Scope([mine], mine.base_currency).daily
    return rows, table.value, table.cash_value, table.total_gain, series.value.tolist()


@pytest.fixture
def told_by_owner(shared: Any, person: Any, today: Any) -> Any:
    """A private house, a foreign share with the owner's own rates, and a sector in the owner's own word."""
    days = [today - timedelta(days=number) for number in range(20)]
    house = factories.make_instrument("HOUSE", owner=person, exchange="")
    set_own_prices(person, house, [PriceRow(day, D(1000 + number)) for number, day in enumerate(days)])
    usa = factories.make_instrument("USA", currency="USD", price="12", previous="11")
    ingest_prices(usa, [PriceRow(day, D(10 + number)) for number, day in enumerate(days)], "test")
    set_own_rates(person, [RateRow("USD", "EUR", day, D("0.7") + D(number) / 100, "own") for number, day in enumerate(days)])
    classify(person, usa, sector="energy")
    first = days[-1]
    factories.record(shared, "deposit", first, amount="5000")
    factories.record(shared, "buy", first, house, quantity="1", price="1000")
    factories.record(shared, "buy", first, usa, quantity="10", price="10", fx_rate="0.8", settlement_currency="EUR", amount="80")
    return shared


def test_with_copies_every_figure_stays_to_the_last_digit(told_by_owner: Any, person: Any, stranger: Any) -> None:
    before = figures(told_by_owner)
    made = offered(told_by_owner, stays=False)
    page = browser_of(stranger).get(f"/offers/{made.pk}/").content.decode()
    assert "20 exchange rates" in page and "1 instrument" in page and "HOUSE" in page
    answer_offer(stranger, made.pk, accept=True, copies=True)
    assert figures(told_by_owner) == before
    assert FxRate.objects.filter(owner=stranger).count() == FxRate.objects.filter(owner=person).count() == 20
    assert Classification.objects.filter(owner=stranger, sector="Energy").count() == 1
    assert Instrument.objects.get(symbol="HOUSE").owner == stranger
    house = Instrument.objects.get(symbol="HOUSE")
    factories.record(Portfolio.objects.get(), "sell", timezone.localdate(), house, quantity="1", price="1200")  # and it goes on


def test_without_copies_the_takers_rates_and_words_count(told_by_owner: Any, person: Any, stranger: Any, today: Any) -> None:
    set_own_rates(stranger, [RateRow("USD", "EUR", today, D("0.5"), "own")])
    made = offered(told_by_owner)
    assert "1 exchange rate of your own tells its figures" in browser_of(stranger).get(f"/offers/{made.pk}/").content.decode()
    answer_offer(stranger, made.pk, accept=True, copies=False)
    usa = Holding.objects.get(instrument__symbol="USA")
    mine = Portfolio.objects.select_related("owner").get()
    table = tables_of([mine])[mine.pk]
    assert next(row.value.value for row in table.rows if row.instrument.id == usa.instrument_id) == 10 * 12 * D("0.5")
    assert FxRate.objects.filter(owner=stranger).count() == 1 and not Classification.objects.filter(owner=stranger).exists()


def test_copies_never_replace_what_the_taker_said(told_by_owner: Any, stranger: Any, today: Any) -> None:
    set_own_rates(stranger, [RateRow("EUR", "USD", today, D(2), "own")])  # the same pair, the other way round
    classify(stranger, Instrument.objects.get(symbol="USA"), sector="utilities")
    answer_offer(stranger, offered(told_by_owner).pk, accept=True, copies=True)
    assert FxRate.objects.filter(owner=stranger, day=today).values_list("base", "rate").get() == ("EUR", D(2))
    assert FxRate.objects.filter(owner=stranger).count() == 20
    assert Classification.objects.get(owner=stranger).sector == "Utilities"


def test_an_own_instrument_that_stands_elsewhere_is_in_the_way_and_said(told_by_owner: Any, person: Any) -> None:
    house = Instrument.objects.get(symbol="HOUSE")
    second = factories.make_portfolio(person, name="Second")
    entry = factories.record(second, "transfer_in", "2024-01-02", house, quantity="1", price="1")
    with pytest.raises(CannotGiveAway, match="HOUSE .* also stands in “Second”"):
        offered(told_by_owner)
    page = browser_of(person).get(f"/portfolios/{told_by_owner.pk}/give/").content.decode()
    assert "also stands in" in page and "Offer it</button>" not in page
    Transaction.objects.filter(pk=entry.pk).delete(), Holding.objects.filter(portfolio=second).delete()
    create_blend(person, name="Mine", currency="EUR", parts=[PartDraft(house, D(1))])
    with pytest.raises(CannotGiveAway, match="part of a blend"):
        offered(told_by_owner)


def test_what_comes_in_the_way_later_stops_the_acceptance(told_by_owner: Any, person: Any, stranger: Any) -> None:
    made = offered(told_by_owner)
    second = factories.make_portfolio(person, name="Second")
    factories.record(second, "transfer_in", "2024-01-02", Instrument.objects.get(symbol="HOUSE"), quantity="1", price="1")
    with pytest.raises(CannotGiveAway):
        answer_offer(stranger, made.pk, accept=True)
    assert OwnershipOffer.objects.exists() and Portfolio.objects.get(pk=told_by_owner.pk).owner == person


def test_a_symbol_that_the_taker_uses_is_said_to_the_taker_and_nothing_happens(told_by_owner: Any, person: Any, stranger: Any) -> None:
    factories.make_instrument("HOUSE", owner=stranger, exchange="")
    made = offered(told_by_owner)
    answer = browser_of(stranger).post(f"/offers/{made.pk}/", {"answer": "accept", "copies": "on"})
    assert answer.status_code == 409 and "HOUSE" in answer.content.decode()
    assert Portfolio.objects.get().owner == person and OwnershipOffer.objects.exists() and not FxRate.objects.filter(owner=stranger).exists()


def test_transfers_stay_on_both_sides_and_follow_no_more(shared: Any, person: Any, stranger: Any) -> None:
    second = factories.make_portfolio(person, name="Second")
    share = factories.make_instrument(price="10")
    factories.record(shared, "deposit", "2024-01-02", amount="1000")
    bought = factories.record(shared, "buy", "2024-01-03", share, quantity="10", price="10")
    transfer_units(person, shared, second, TransferDraft(instrument=share, quantity=D(4), day=bought.traded_on + timedelta(days=5)))
    before = {(one.portfolio_id, one.quantity, one.cost) for one in Holding.objects.all()}
    assert consequences_of(shared, stays=True).transfers == 1
    answer_offer(stranger, offered(shared, stays=False).pk, accept=True)
    assert {(one.portfolio_id, one.quantity, one.cost) for one in Holding.objects.all()} == before
    assert not Transaction.objects.exclude(link=None).exists() and check_integrity() == []
    factories.record(Portfolio.objects.get(pk=shared.pk), "buy", "2024-01-02", share, quantity="2", price="90")  # changes the cost of what left
    factories.record(second, "sell", "2024-02-02", share, quantity="4", price="11")
    assert check_integrity() == []


def test_the_blend_is_copied_and_one_with_own_instruments_is_not(shared: Any, person: Any, stranger: Any) -> None:
    blend = create_blend(person, name="Half", currency="EUR", parts=[PartDraft(factories.make_instrument(), D(1))])
    create_blend(stranger, name="half", currency="EUR", parts=[PartDraft(factories.make_instrument(), D(1))])
    Portfolio.objects.filter(pk=shared.pk).update(blend=blend)
    shared.refresh_from_db()
    assert consequences_of(shared, stays=True).blend == "copied"
    answer_offer(stranger, offered(shared).pk, accept=True)
    copy = Portfolio.objects.get().blend
    assert (copy.owner, copy.name, copy.parts.count()) == (stranger, "Half 2", 1) and Benchmark.objects.get(pk=blend.pk).owner == person


def test_links_and_invitations_that_the_giver_could_not_make_any_more_end(shared: Any, person: Any, stranger: Any) -> None:
    for amounts in (True, False):
        make_link(person, shared, days=7, with_amounts=amounts)
    for role in ("manager", "viewer"):
        services.invite(person, shared, email=f"{role}@example.org", role=role)
    means = consequences_of(shared, stays=True)
    assert (means.links, means.invitations) == (1, 1)
    answer_offer(stranger, offered(shared).pk, accept=True)
    assert PublicLink.objects.get().with_amounts is False and Invitation.objects.get().role == "viewer"


def test_the_sample_is_not_given_away(person: Any, stranger: Any) -> None:
    sample = factories.make_portfolio(person, is_sample=True)
    set_membership(sample, stranger, Role.VIEWER)
    with pytest.raises(CannotGiveAway, match="sample"):
        offered(sample)


# ── pages and calls ─────────────────────────────────────────────────────────


def test_the_page_asks_for_the_password_before_it_offers(shared: Any, person: Any, stranger: Any) -> None:
    browser, path = browser_of(person), f"/portfolios/{shared.pk}/give/"
    assert "Offer it" in browser.get(path).content.decode()
    assert browser.post(path, {"to": "", "stays": "yes"}).status_code == 422
    asked = browser.post(path, {"to": stranger.pk, "stays": "no"})
    assert asked.status_code == 302 and "reauthenticate" in asked["Location"] and not OwnershipOffer.objects.exists()
    browser.post(asked["Location"], {"password": factories.PASSWORD})
    browser.post(path, {"to": stranger.pk, "stays": "no"})
    assert OwnershipOffer.objects.get().stays is False
    assert "Take it back" in browser.get(path).content.decode()
    browser.post(path, {"do": "back"})
    assert not OwnershipOffer.objects.exists()


def test_by_the_api_from_the_offer_to_the_answer(shared: Any, person: Any, stranger: Any) -> None:
    path = f"/api/v1/portfolios/{shared.pk}/offer"
    assert caller(person).get(path).status_code == 404
    refused = caller(person).post(path, {"to": stranger.pk}, format="json")
    assert refused.status_code in {401, 403} and not OwnershipOffer.objects.exists()
    made = caller(person).post(path, {"to": stranger.pk, "stays": False, "password": factories.PASSWORD}, format="json")
    assert made.status_code == 201 and made.json()["means"]["hindered"] == []
    assert caller(person).get(path).json()["id"] == made.json()["id"]
    (listed,) = caller(stranger).get("/api/v1/offers").json()
    assert (listed["name"], listed["owner"]) == ("Core", "mia")
    one = f"/api/v1/offers/{listed['id']}"
    assert caller(stranger).get(one).json()["arrival"] == {"rates": 0, "words": 0, "own_rates": 0, "own_words": 0}
    assert caller(stranger).post(one, {}, format="json").status_code == 400
    assert caller(stranger).post(one, {"accept": True}, format="json").json() == {"portfolio": shared.pk, "accepted": True}
    assert Portfolio.objects.get().owner == stranger and caller(stranger).get("/api/v1/offers").json() == []


def test_pages_cost_as_many_queries_whatever_the_portfolio_holds(shared: Any, person: Any, stranger: Any, django_assert_max_num_queries: Any) -> None:
    for _ in range(8):
        factories.record(shared, "buy", "2024-01-02", factories.make_instrument(owner=person, exchange=""), quantity="1", price="1")
    browser = browser_of(person)
    with django_assert_max_num_queries(50):
        assert browser.get(f"/portfolios/{shared.pk}/give/").status_code == 200
    made = offered(shared)
    with django_assert_max_num_queries(50):
        assert browser_of(stranger).get(f"/offers/{made.pk}/").status_code == 200
