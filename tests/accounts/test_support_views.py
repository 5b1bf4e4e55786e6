"""Support looks at an account with the person's consent only: for its time, changing nothing, and in both logs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.errors import AlreadyAllowed, NotAllowedToLook, NotForThisRole, NothingAllowed
from accounts.models import AuditEntry, Preferences, SocketTicket, SupportConsent, SupportView, User
from accounts.sessions import end_other_sessions
from accounts.staff import grant_site_roles
from accounts.tasks import sweep_data_rights
from accounts.viewing.middleware import _CHANGES, VIEW_KEY
from accounts.viewing.pages import OF_STAFF, SEEN, STATE
from accounts.viewing.selectors import allowance_of
from accounts.viewing.services import allow_support, end_support, start_view
from alerts.models import Notice
from portfolio_site.web.site_roles import SiteRole
from portfolios.models import Portfolio
from tests import factories
from tests.accounts.pages import sign_in
from tests.contracts.test_access import ROUTES, _filled

SETTINGS = "/settings/data/support/"
PASSWORD = factories.PASSWORD
pytestmark = pytest.mark.django_db


@pytest.fixture
def helper() -> Any:
    return factories.make_staff(factories.make_person("ines"), SiteRole.SUPPORT)


@pytest.fixture
def held(person: Any, today: Any) -> Portfolio:
    portfolio = factories.make_portfolio(person, name="Goshawk plan")
    factories.record(portfolio, "deposit", today, amount="48151")
    return portfolio


def browser_of(user: Any) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def look(browser: Client, consent: SupportConsent) -> Any:
    return browser.post(reverse("admin:accounts_supportconsent_look", args=[consent.pk]))


@pytest.fixture
def looking(person: Any, helper: Any, held: Portfolio) -> Client:
    """Somebody of support in the account of the person."""
    browser = browser_of(helper)
    assert look(browser, allow_support(person, hours=1))["Location"] == "/dashboard/"
    return browser


def actions(subject: Any, *, about: str = "support.") -> list[str]:
    return list(AuditEntry.objects.filter(subject=subject.pk, action__startswith=about).order_by("sequence").values_list("action", flat=True))


def pass_by(consent: SupportConsent) -> None:
    SupportConsent.objects.filter(pk=consent.pk).update(ends_at=timezone.now() - timedelta(seconds=1))


# ── allowing ────────────────────────────────────────────────────────────────


def test_allowing_asks_for_the_password_and_takes_an_hour_or_a_day(person: Any) -> None:
    browser = Client()
    browser.force_login(person)
    asked = browser.post(SETTINGS, {"hours": "24"})
    assert asked.status_code == 302 and "reauthenticate" in asked["Location"] and not SupportConsent.objects.exists()
    browser = Client()
    sign_in(browser, login=person.username, password=PASSWORD)
    assert browser.post(SETTINGS, {"hours": "24"})["Location"] == SETTINGS
    given = SupportConsent.objects.get(person=person)
    assert given.ends_at - given.given_at == timedelta(hours=24)
    page = browser.get(SETTINGS).content.decode()
    assert "Support may look until" in page and "End it now" in page
    assert actions(person) == ["support.allowed"]
    assert browser.post(SETTINGS, {"hours": "100"}).status_code == 422


def test_it_is_allowed_once_and_ended_by_one_press(person: Any) -> None:
    allow_support(person, hours=1)
    with pytest.raises(AlreadyAllowed):
        allow_support(person, hours=24)
    assert browser_of(person).post(f"{SETTINGS}end/")["Location"] == SETTINGS
    assert allowance_of(person).until is None
    with pytest.raises(NothingAllowed):
        end_support(person)
    assert actions(person) == ["support.allowed", "support.ended"]


def test_the_api_allows_with_the_password_tells_and_ends(person: Any) -> None:
    api = APIClient()
    api.force_authenticate(person)
    assert api.post("/api/v1/auth/support", {"hours": 1}, format="json").json()["code"] == "confirm_again"
    assert api.post("/api/v1/auth/support", {"hours": 2, "password": PASSWORD}, format="json").status_code == 400
    made = api.post("/api/v1/auth/support", {"hours": 1, "password": PASSWORD}, format="json")
    assert made.status_code == 201 and made.json()["until"] and made.json()["looks"] == []
    assert api.delete("/api/v1/auth/support").status_code == 204
    assert api.get("/api/v1/auth/support").json() == {"since": None, "until": None, "looks": []}
    assert api.delete("/api/v1/auth/support").json()["code"] == "nothing_allowed"


def test_who_runs_the_site_allows_nobody(helper: Any) -> None:
    with pytest.raises(NotAllowedToLook):
        allow_support(helper, hours=1)


# ── looking ─────────────────────────────────────────────────────────────────


def test_support_sees_the_pages_of_the_person_under_a_banner(looking: Client, person: Any) -> None:
    page = looking.get("/portfolios/").content.decode()
    assert "Goshawk plan" in page
    assert f"account of <b>{person.username}</b>" in page and "Leave" in page and "data-live=" not in page
    assert looking.get("/portfolios/")["Cache-Control"] == "private, no-store"
    notice = Notice.objects.get(owner=person)
    assert "ines of support began to look" in notice.sentence and notice.path == SETTINGS


def test_the_page_of_the_person_in_the_administration_leads_in_only_while_it_is_allowed(person: Any, helper: Any) -> None:
    browser, page = browser_of(helper), reverse("admin:accounts_user_change", args=[person.pk])
    assert "Look at the account" not in browser.get(page).content.decode()
    given = allow_support(person, hours=1)
    assert "Look at the account" in browser.get(page).content.decode()
    auditor = factories.make_staff(factories.make_person("otto"), SiteRole.AUDITOR)
    assert "Look at the account" not in browser_of(auditor).get(page).content.decode()
    pass_by(given)
    assert "Look at the account" not in browser.get(page).content.decode()


def test_every_page_that_is_shown_answers_and_changes_nothing(looking: Client, person: Any, held: Portfolio) -> None:
    entries = AuditEntry.objects.count()
    shown = [route for route in ROUTES if route.name in SEEN and not route.parameters]
    assert len(shown) > 20
    for route in shown:
        answer = looking.get(route.path)
        assert answer.status_code in {200, 302}, (route.path, answer.status_code)
    assert looking.get(f"/portfolios/{held.pk}/lots/").status_code in {200, 302}
    assert AuditEntry.objects.count() == entries


def test_no_other_page_answers_and_each_refusal_is_in_both_logs(looking: Client, person: Any, helper: Any) -> None:
    for route in ROUTES:
        if route.name in SEEN | OF_STAFF | {STATE}:
            continue
        answer = looking.get(_filled(route, 1, symbol="AAPL", base="EUR", quote="USD", instrument="1"))
        assert answer.status_code == 403, (route.path, answer.status_code)
    cache.clear()
    page = looking.get("/settings/security/")
    assert "Support does not see this page" in page.content.decode() and "Leave" in page.content.decode()
    for whose in (person, helper):
        last = AuditEntry.objects.filter(subject=whose.pk).latest("sequence")
        assert (last.action, last.actor) == ("support.page_refused", helper.pk)
    assert looking.get("/performance/?export=csv").status_code == 403
    assert looking.get("/admin/").status_code == 403


def test_nothing_is_changed_by_any_method(looking: Client, person: Any, held: Portfolio) -> None:
    for route in ROUTES:
        if route.name in OF_STAFF:
            continue
        path = _filled(route, held.pk, symbol="AAPL", base="EUR", quote="USD", instrument="1")
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            if route.name == STATE:
                continue
            answer = looking.generic(method, path, data="{}", content_type="application/json")
            assert answer.status_code == 403, (method, path, answer.status_code)
    assert "can change nothing" in looking.post("/portfolios/new/", {"name": "Mine"}).content.decode()
    assert Portfolio.objects.get().name == "Goshawk plan"


@pytest.mark.django_db(transaction=True)  # a refused statement spoils a transaction that is around it
def test_the_database_refuses_a_page_that_would_write(looking: Client, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def writing(request: Any) -> Any:
        Preferences.objects.filter(user=person).update(theme="dark")

    monkeypatch.setattr("accounts.data_rights.views.says_no_sale", writing)
    answer = looking.get("/privacy/")
    assert answer.status_code == 403 and "only look" in answer.content.decode()
    assert Preferences.objects.get(user=person).theme != "dark"
    looking.post("/support/view/leave/")
    assert looking.get("/privacy/").status_code == 200 and Preferences.objects.get(user=person).theme == "dark"


def test_what_changes_something_is_known_by_its_words() -> None:
    for words in ("UPDATE x SET y=1", " insert into x values (1)", "DELETE FROM x", "WITH a AS (SELECT 1) UPDATE x SET y=1"):
        assert _CHANGES.match(words)
    for words in ("SELECT 1", "SAVEPOINT s1", "RELEASE SAVEPOINT s1", "WITH a AS (SELECT 1) SELECT * FROM a", "SELECT 'update'"):
        assert not _CHANGES.match(words)


def test_no_credential_of_the_person_is_to_be_had(looking: Client, person: Any) -> None:
    assert looking.post("/api/v1/auth/tickets").status_code == 403 and not SocketTicket.objects.exists()
    assert looking.post("/api/v1/auth/keys", {"name": "x", "scopes": ["profile:read"]}).status_code == 403
    assert looking.get("/api/v1/auth/me").json()["code"] == "not_seen_by_support"
    assert looking.session["_auth_user_id"] != str(person.pk)


# ── the end ─────────────────────────────────────────────────────────────────


def test_leaving_is_one_press_and_leads_back_to_oneself(looking: Client, person: Any, helper: Any) -> None:
    assert looking.post("/support/view/leave/")["Location"] == reverse("admin:accounts_user_change", args=[person.pk])
    assert "Goshawk plan" not in looking.get("/portfolios/").content.decode()
    assert SupportView.objects.get().ending == "left"
    assert actions(person)[-2:] == actions(helper)[-2:] == ["support.view_started", "support.view_ended"]
    assert allowance_of(person).looks[0].ending == "support left it"


@pytest.mark.parametrize("how", ["the person ends it", "its time runs out", "the role ends", "the person becomes staff", "the account is closed"])
def test_the_next_request_after_the_end_sees_and_does_nothing(how: str, looking: Client, person: Any, helper: Any) -> None:
    if how == "the person ends it":
        end_support(person)
    elif how == "its time runs out":
        pass_by(SupportConsent.objects.get())
    elif how == "the role ends":
        grant_site_roles(None, helper, [SiteRole.STEWARD])
    elif how == "the person becomes staff":
        factories.make_staff(person, SiteRole.AUDITOR)
    else:
        User.objects.filter(pk=person.pk).update(is_active=False)
    answer = looking.post("/portfolios/new/", {"name": "Slipped in", "base_currency": "EUR"})
    assert answer.status_code == 302 and Portfolio.objects.count() == 1
    assert VIEW_KEY not in looking.session
    assert "Goshawk plan" not in looking.get("/portfolios/").content.decode()
    assert not SupportView.objects.open().exists()
    assert actions(person)[-1] == "support.view_ended" == actions(helper)[-1]


def test_an_open_page_asks_and_is_led_away(looking: Client, person: Any) -> None:
    assert looking.get("/support/view/", headers={"HX-Request": "true"}).status_code == 204
    end_support(person)
    answer = looking.get("/support/view/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("admin:accounts_user_change", args=[person.pk])
    another_tab = looking.get("/support/view/", headers={"HX-Request": "true"})
    assert another_tab["HX-Redirect"] == reverse("admin:index")


def test_signing_out_ends_it(looking: Client, person: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        looking.post("/accounts/logout/")
    assert SupportView.objects.get().ending == "signed_out" and "_auth_user_id" not in looking.session


def test_signing_out_from_elsewhere_ends_it(looking: Client, helper: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        end_other_sessions(helper, keep="another")
    assert SupportView.objects.get().ending == "signed_out"


def test_a_view_that_nobody_left_is_ended_by_the_sweep(looking: Client, person: Any) -> None:
    pass_by(SupportConsent.objects.get())
    sweep_data_rights()
    assert SupportView.objects.get().ending == "over"
    assert AuditEntry.objects.filter(subject=person.pk).latest("sequence").actor is None


def test_another_look_ends_the_first(looking: Client, helper: Any, person: Any) -> None:
    other = factories.make_person("theo")
    start_view(helper, allow_support(other, hours=1))
    assert list(SupportView.objects.order_by("pk").values_list("ending", flat=True)) == ["other", ""]


# ── attacks ─────────────────────────────────────────────────────────────────


def test_without_consent_or_after_it_nobody_looks(person: Any, helper: Any) -> None:
    browser = browser_of(helper)
    assert look(browser, SupportConsent(pk=1)).status_code == 403
    over = allow_support(person, hours=1)
    pass_by(over)
    assert look(browser, over).status_code == 403
    ended = allow_support(person, hours=1)
    end_support(person)
    assert look(browser, ended).status_code == 403
    assert not SupportView.objects.exists()


@pytest.mark.parametrize("role", [None, SiteRole.STEWARD, SiteRole.AUDITOR])
def test_no_other_role_looks(role: SiteRole | None, person: Any) -> None:
    somebody = factories.make_person("somebody")
    if role is not None:
        factories.make_staff(somebody, role)
    given = allow_support(person, hours=1)
    assert look(browser_of(somebody), given).status_code in {302, 403}
    with pytest.raises(NotForThisRole):
        start_view(somebody, given)
    assert not SupportView.objects.exists()


@pytest.mark.parametrize("above", ["staff", "superuser"])
def test_a_consent_of_who_runs_the_site_by_now_opens_nothing(above: str, person: Any, helper: Any) -> None:
    given = allow_support(person, hours=1)
    User.objects.filter(pk=person.pk).update(is_staff=above == "staff", is_superuser=above == "superuser")
    assert look(browser_of(helper), given).status_code == 403 and not SupportView.objects.exists()


def test_the_number_of_another_persons_view_in_the_session_opens_nothing(looking: Client, person: Any) -> None:
    colleague = browser_of(factories.make_staff(factories.make_person("olga"), SiteRole.SUPPORT))
    session = colleague.session
    session[VIEW_KEY] = SupportView.objects.get().pk
    session.save()
    assert colleague.get("/portfolios/").status_code == 302
    assert "Goshawk plan" not in colleague.get("/portfolios/").content.decode()
    assert SupportView.objects.open().exists()


def test_support_comes_to_no_one_elses_rows_by_the_account_it_looks_at(looking: Client, today: Any) -> None:
    foreign = factories.make_portfolio(factories.make_person("theo"), name="Theirs")
    assert looking.get(f"/portfolios/{foreign.pk}/changes/").status_code == 404


def test_support_does_not_raise_its_own_rights(looking: Client, helper: Any, person: Any) -> None:
    for address in (reverse("admin:accounts_user_change", args=[helper.pk]), reverse("admin:accounts_user_change", args=[person.pk])):
        assert looking.post(address, {"site_roles": [SiteRole.ADMINISTRATOR.value]}).status_code == 403
    looking.post("/support/view/leave/")
    assert looking.post(reverse("admin:accounts_user_change", args=[helper.pk]), {"site_roles": [SiteRole.ADMINISTRATOR.value]}).status_code == 403
    helper.refresh_from_db()
    assert list(helper.groups.values_list("name", flat=True)) == [SiteRole.SUPPORT.value] and not helper.is_superuser


def test_support_cannot_allow_itself_more_time(looking: Client, person: Any) -> None:
    until = SupportConsent.objects.get().ends_at
    assert looking.post(SETTINGS, {"hours": "24"}).status_code == 403
    assert looking.post("/api/v1/auth/support", {"hours": 24}).status_code == 403
    assert SupportConsent.objects.get().ends_at == until
