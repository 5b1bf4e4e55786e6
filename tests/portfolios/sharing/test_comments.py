"""What people say about a portfolio: who may, who is told, and that words stay words."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.services import one_at_a_time
from alerts.models import Notice
from portfolio_site.kernel.errors import Invalid
from portfolios.comments import services
from portfolios.comments.selectors import threads_of
from portfolios.errors import CommentNotFound, NotAllowedForRole, TooManyComments
from portfolios.models import Comment, Portfolio
from portfolios.roles import Role
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories

HOSTILE = "<script>alert(1)</script> {{ 7|add:7 }} \"'><img src=x onerror=alert(1)> =HYPERLINK(1)"


@pytest.fixture
def shared(portfolio: Any, stranger: Any) -> Any:
    """The portfolio with a holding, and the stranger as its adviser."""
    factories.record(portfolio, "deposit", "2024-01-02", amount="100")
    factories.record(portfolio, "buy", "2024-01-03", factories.make_instrument("ACME"), quantity="1", price="10")
    set_membership(portfolio, stranger, Role.ADVISER)
    return portfolio


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


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("editor", True), ("adviser", True), ("viewer", False)])
def test_who_may_comment_and_who_may_only_read(shared: Any, person: Any, stranger: Any, role: str, may: bool) -> None:
    set_membership(shared, stranger, Role(role))
    services.write_comment(person, shared, text="Read me")
    page = browser_of(stranger).get(f"/portfolios/{shared.pk}/comments/").content.decode()
    assert "Read me" in page and ("Write a comment" in page) == may
    answer = caller(stranger).post(f"/api/v1/portfolios/{shared.pk}/comments", {"text": "Me too"}, format="json")
    assert answer.status_code == (201 if may else 403)
    if not may:
        with pytest.raises(NotAllowedForRole):
            services.write_comment(stranger, shared, text="Me too")


def test_hostile_text_is_shown_as_text_and_sealed_at_rest(shared: Any, stranger: Any, person: Any) -> None:
    browser = browser_of(stranger)
    assert browser.post(f"/portfolios/{shared.pk}/comments/", {"text": HOSTILE}).status_code == 302
    page = browser_of(person).get(f"/portfolios/{shared.pk}/comments/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<img src=x" not in page and "{{ 7|add:7 }}" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM portfolios_comment")
        assert "script" not in str(cursor.fetchone()[0])
    (listed,) = caller(person).get(f"/api/v1/portfolios/{shared.pk}/comments").json()["results"]
    assert listed["text"] == HOSTILE and listed["author"] == "sam"


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001, "turned \u202e round", "bell \x07"])
def test_what_is_no_text_is_refused_by_field(shared: Any, stranger: Any, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.write_comment(stranger, shared, text=text)
    assert [one.field for one in refused.value.errors] == ["text"] and not Comment.objects.exists()
    assert browser_of(stranger).post(f"/portfolios/{shared.pk}/comments/", {"text": text}).status_code == 422


def test_a_comment_is_about_something_in_the_portfolio(shared: Any, person: Any, stranger: Any) -> None:
    entry, holding = shared.transactions.order_by("pk")[0], shared.holdings.get()
    services.write_comment(stranger, shared, text="All")
    services.write_comment(stranger, shared, text="This share", instrument=holding.instrument_id)
    services.write_comment(stranger, shared, text="This entry", entry=entry.entry)
    assert [thread.title for thread in threads_of(person, shared)] == ["Deposit, EUR, 2024-01-02", "ACME Corporation", "The portfolio"]
    page = browser_of(person).get(f"/portfolios/{shared.pk}/comments/?instrument={holding.instrument_id}").content.decode()
    assert "This share" in page and "This entry" not in page
    other = factories.make_portfolio(person)
    elsewhere = factories.record(other, "deposit", "2024-01-02", amount="1")
    for about in (
        {"entry": elsewhere.entry},
        {"instrument": factories.make_instrument().pk},
        {"entry": entry.entry, "instrument": holding.instrument_id},
    ):
        with pytest.raises(Invalid):
            services.write_comment(stranger, shared, text="No", **about)


def test_those_in_the_thread_are_told_who_and_where_and_not_what(shared: Any, person: Any, stranger: Any) -> None:
    third, gone = factories.make_person("eve"), factories.make_person("joe")
    for one in (third, gone):
        set_membership(shared, one, Role.EDITOR)
        services.write_comment(one, shared, text="First")
    end_membership(shared, gone)
    Notice.objects.all().delete()
    services.write_comment(stranger, shared, text="A secret price")
    assert told(person) == told(third) == ["sam commented in “Core”."] and told(gone) == told(stranger) == []
    assert "secret" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_one_changes_and_removes_ones_own_and_who_shares_removes_any(shared: Any, person: Any, stranger: Any) -> None:
    made = services.write_comment(stranger, shared, text="Frist")
    browser = browser_of(stranger)
    assert "Frist" in browser.get(f"/comments/{made.pk}/").content.decode()
    browser.post(f"/comments/{made.pk}/", {"text": "First"})
    made.refresh_from_db()
    assert made.text == "First" and made.changed_at is not None
    editor = factories.make_person("eve")
    set_membership(shared, editor, Role.EDITOR)
    assert browser_of(editor).get(f"/comments/{made.pk}/").status_code == 404
    for somebody in (editor, person):
        with pytest.raises(CommentNotFound):
            services.change_comment(somebody, made, text="Mine")
    with pytest.raises(CommentNotFound):
        services.remove_comment(editor, made)
    assert caller(person).delete(f"/api/v1/comments/{made.pk}").status_code == 204 and not Comment.objects.exists()


def test_with_the_role_ends_what_one_may_do_with_ones_comments(shared: Any, stranger: Any) -> None:
    made = services.write_comment(stranger, shared, text="First")
    set_membership(shared, stranger, Role.VIEWER)
    assert caller(stranger).patch(f"/api/v1/comments/{made.pk}", {"text": "New"}, format="json").status_code == 403
    end_membership(shared, stranger)
    assert caller(stranger).get(f"/api/v1/comments/{made.pk}").status_code == 404


def test_sixty_an_hour_are_enough_also_when_they_are_removed(shared: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_AN_HOUR", 3)
    for _ in range(3):
        services.remove_comment(stranger, services.write_comment(stranger, shared, text="Again"))
    with pytest.raises(TooManyComments):
        services.write_comment(stranger, shared, text="Again")


def test_the_last_of_an_hour_is_written_once_also_by_two_at_the_same_moment(shared: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_AN_HOUR", 1)

    def waited(actor: Any) -> None:
        monkeypatch.setattr(services, "one_at_a_time", one_at_a_time)
        services.write_comment(actor, shared, text="First")  # who held the lock

    monkeypatch.setattr(services, "one_at_a_time", waited)
    with pytest.raises(TooManyComments):
        services.write_comment(stranger, shared, text="Second")


def test_a_role_that_ended_while_one_waited_says_nothing_more(shared: Any, person: Any, stranger: Any) -> None:
    mine = services.write_comment(person, shared, text="Before")
    before = Comment.objects.select_related("portfolio").get(pk=mine.pk)
    Portfolio.objects.filter(pk=shared.pk).update(owner=stranger)  # it was given away since both were read
    for deed in (
        lambda: services.write_comment(person, shared, text="After"),
        lambda: services.change_comment(person, before, text="After"),
        lambda: services.remove_comment(person, before),
    ):
        with pytest.raises(NotAllowedForRole):
            deed()
    assert list(Comment.objects.values_list("text", flat=True)) == ["Before"]


@pytest.mark.parametrize("many", [1, 15])
def test_threads_cost_as_many_queries_however_many_there_are(
    shared: Any, person: Any, stranger: Any, many: int, django_assert_num_queries: Any
) -> None:
    entry, holding = shared.transactions.order_by("pk")[0], shared.holdings.get()
    for _ in range(many):
        services.write_comment(stranger, shared, text="All")
        services.write_comment(person, shared, text="This share", instrument=holding.instrument_id)
        services.write_comment(stranger, shared, text="This entry", entry=entry.entry)
    with django_assert_num_queries(2):
        assert sum(len(thread.comments) for thread in threads_of(person, shared)) == 3 * many
    browser = browser_of(person)
    browser.get(f"/portfolios/{shared.pk}/comments/")
    with django_assert_num_queries(5):
        browser.get(f"/portfolios/{shared.pk}/comments/")


def test_the_pages_of_a_holding_and_of_an_entry_lead_to_what_was_said_of_them(shared: Any, person: Any) -> None:
    bought = shared.transactions.get(kind="buy")
    browser = browser_of(person)
    for page, link in (
        (f"/holdings/{bought.instrument_id}/", f"/portfolios/{shared.pk}/comments/?instrument={bought.instrument_id}"),
        (f"/transactions/{bought.entry}/edit/", f"/portfolios/{shared.pk}/comments/?entry={bought.entry}"),
    ):
        assert f'href="{link}"' in browser.get(page).content.decode(), page
        assert browser.get(link).status_code == 200
