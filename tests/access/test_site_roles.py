"""Every route of the administration × every role × GET and POST: who gets in is what the table says, and a new route or model fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.errors import NotForThisRole
from accounts.models import AuditEntry
from accounts.staff import grant_site_roles
from portfolio_site.web.administration import ByRole
from portfolio_site.web.site_roles import TABLE, VERBS, SiteRole, allowed, seen, sees_whole
from tests import factories
from tests.access.staff_rows import CANARIES, SECRETS, make_rows

OUTSIDE = ("anonymous", "owner", "manager", "editor", "adviser", "viewer", "ex-member", "stranger")
INSIDE = {"support": SiteRole.SUPPORT, "steward": SiteRole.STEWARD, "auditor": SiteRole.AUDITOR, "administrator": SiteRole.ADMINISTRATOR}
ROLES = (*OUTSIDE, "no role", *INSIDE, "admin")  # admin: a superuser
PAGES = {
    "changelist": ("view", "view"),
    "add": ("add", "add"),
    "change": ("view", "change"),
    "delete": ("delete", "delete"),
    "history": ("view", "view"),
}
# Pages of our own: the model, and what each method takes; None where the method is none.
OWN_PAGES = {
    "accounts_supportconsent_look": ("accounts.SupportConsent", None, "work"),
    "accounts_auditentry_check": ("accounts.AuditEntry", "view", None),
    "market_sources": ("market.SourceSymbol", "view", None),
    "market_sources_again": ("market.SourceSymbol", None, "work"),
    "market_urlfeed_try": ("market.UrlFeed", "work", "work"),
    "market_instrumentmerge_undo": ("market.InstrumentMerge", None, "work"),
}
# For everybody in the administration, and telling of nobody: its start, signing in and out, words for its scripts.
FRAME = {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site", "app_list", ""}
TRIED: dict[str, int] = {}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _routes() -> dict[str, tuple[str, str | None, str | None]]:
    """By name: the model, and the verb that a GET and a POST take.  From the resolver."""
    found = {}
    labels = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}": (model._meta.label, *verbs)
        for model in admin.site._registry
        for page, verbs in PAGES.items()
    }
    for name in _names_in(get_resolver().namespace_dict["admin"][1].url_patterns):
        if name in FRAME:
            continue
        assert name in labels or name in OWN_PAGES, f"{name}: say above what this page of the administration takes"
        found[name] = labels.get(name) or OWN_PAGES[name]
    return found


def _names_in(patterns: list[Any]) -> Iterator[str]:
    for one in patterns:
        if hasattr(one, "url_patterns"):
            yield from _names_in(one.url_patterns)
        else:
            yield one.name or ""


def _address(name: str, rows: dict[str, Any], label: str) -> str:
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        return reverse(f"admin:{name}", args=[rows[label]])


@pytest.fixture
def rows(person: Any, today: Any) -> dict[str, Any]:
    return make_rows(person, today)


def _browser(role: str) -> Client:
    browser = Client(raise_request_exception=False)
    if role == "anonymous":
        return browser
    somebody = factories.make_person(f"y{role.replace('-', '').replace(' ', '')}")
    if role in INSIDE:
        grant_site_roles(None, somebody, [INSIDE[role]])
    elif role in {"admin", "no role"}:
        get_user_model().objects.filter(pk=somebody.pk).update(is_staff=True, is_superuser=role == "admin")
    browser.force_login(get_user_model().objects.get(pk=somebody.pk))
    return browser


def _roles(role: str) -> list[SiteRole]:
    return [SiteRole.ADMINISTRATOR] if role == "admin" else [INSIDE[role]] if role in INSIDE else []


def _wrong(answer: Any, role: str, verb: str | None, label: str) -> bool:
    if role in OUTSIDE:
        return bool(answer.status_code != 302 or not answer["Location"].startswith("/admin/login/"))
    if verb is not None and not allowed(_roles(role), verb, label):
        return bool(answer.status_code != 403)
    if verb is None:
        return bool(answer.status_code not in {403, 405})
    return bool(answer.status_code in {403, 405} or answer.status_code >= 500)  # a deed on nothing may answer that there is nothing


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.django_db
def test_the_administration_opens_to_each_role_what_the_table_gives_it(
    role: str, rows: dict[str, Any], quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")  # who gets in is asked here; what pages show, below
    browser, wrong = _browser(role), []
    for name, (label, *verbs) in _routes().items():
        address = _address(name, rows, label)
        for method, verb in zip(("GET", "POST"), verbs, strict=True):
            with undone():
                answer = browser.generic(method, address)
            TRIED[role] = TRIED.get(role, 0) + 1
            if _wrong(answer, role, verb, label):
                wrong.append((method, address, verb, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def test_there_are_many_cases_of_the_administration() -> None:
    if set(TRIED) == set(ROLES):  # the whole module ran, here
        assert sum(TRIED.values()) >= 5_000, sum(TRIED.values())


# ── the table ───────────────────────────────────────────────────────────────


def _in_the_administration() -> dict[str, Any]:
    """Models with a page, or a part of one, by label; the value is what shows them."""
    found: dict[str, Any] = {}
    for model, page in admin.site._registry.items():
        found[model._meta.label] = page
        found |= {part.model._meta.label: part for part in page.inlines}
    return found


def test_every_model_of_the_administration_has_a_line_and_follows_it() -> None:
    known = _in_the_administration()
    assert set(known) == set(TABLE), "write a line in portfolio_site/web/site_roles.py for each model of the administration"
    without = [label for label, page in known.items() if not isinstance(page, ByRole) and not hasattr(page, "has_work_permission")]
    assert not without, f"these pages do not ask the table: {without}"


def test_the_table_in_numbers() -> None:
    assert all(line.most <= set(VERBS) and line.most for line in TABLE.values())
    for label, line in TABLE.items():
        assert line.verbs(SiteRole.AUDITOR) == {"view"}, label
        assert line.verbs(SiteRole.SUPPORT) <= ({"view", "work"} if line.lent else {"view"}), label
        assert bool(line.verbs(SiteRole.STEWARD)) == label.startswith("market."), label
        assert not (line.market and line.support), label
    assert [label for label, line in TABLE.items() if line.lent] == ["accounts.SupportConsent"]
    assert not {"portfolios.Transaction", "portfolios.Holding", "portfolios.CashBalance"} & set(TABLE)


def test_a_model_without_a_line_is_closed_to_all_roles() -> None:
    assert not any(allowed(list(SiteRole), verb, "portfolios.Transaction") for verb in VERBS)
    assert not seen(list(SiteRole), "portfolios.Transaction", "quantity") and not sees_whole(list(SiteRole), "portfolios.Transaction")


def test_two_roles_see_what_either_sees() -> None:
    both = [SiteRole.SUPPORT, SiteRole.STEWARD]
    assert allowed(both, "view", "alerts.Rule") and allowed(both, "change", "market.Price") and not allowed(both, "view", "accounts.AuditEntry")
    assert not seen(both, "alerts.Rule", "instrument") and seen([SiteRole.SUPPORT, SiteRole.AUDITOR], "alerts.Rule", "instrument")


# ── what pages show ─────────────────────────────────────────────────────────


def _pages(rows: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, (label, get, _) in _routes().items():
        if get in {"view", "work"}:
            yield name, _address(name, rows, label)


@pytest.mark.django_db
def test_support_reads_no_amount_no_holding_no_note_and_no_mail_anywhere(rows: dict[str, Any], person: Any) -> None:
    browser, read = _browser("support"), 0
    for _, address in _pages(rows):
        answer = browser.get(address)
        if answer.status_code == 200:
            read += 1
            told = [what for what, canary in CANARIES.items() if canary in answer.content.decode()]
            assert not told, (address, told)
    assert read > 25
    assert person.username in browser.get(reverse("admin:portfolios_portfolio_changelist")).content.decode()


@pytest.mark.parametrize("role", [*INSIDE, "admin"])
@pytest.mark.django_db
def test_nobody_in_the_administration_reads_a_secret(role: str, rows: dict[str, Any]) -> None:
    browser = _browser(role)
    for _, address in _pages(rows):
        page = browser.get(address).content.decode()
        assert not any(secret in page for secret in SECRETS), address


@pytest.mark.django_db
def test_stewards_are_not_told_which_person_asked_or_settled(rows: dict[str, Any], person: Any) -> None:
    from market.models import InstrumentMerge, Suspect

    InstrumentMerge.objects.update(asked_by=person)
    Suspect.objects.update(settled_by=person)
    for role, told in (("steward", False), ("auditor", True)):
        browser = _browser(role)
        for name in ("market_instrumentmerge", "market_suspect"):
            assert (person.username in browser.get(reverse(f"admin:{name}_changelist")).content.decode()) is told, (role, name)


@pytest.mark.parametrize(
    "asked",
    ["alerts_rule_changelist?instrument__symbol=KESTREL", "alerts_rule_changelist?margin__gt=0", "alerts_firing_changelist?event_key__startswith=K",
     "portfolios_portfolio_changelist?name__startswith=G", "usersessions_usersession_changelist?ip=198.51.100.77"],
)  # fmt: skip
@pytest.mark.django_db
def test_support_cannot_ask_in_the_address_for_what_is_not_shown(asked: str, rows: dict[str, Any]) -> None:
    name, query = asked.split("?")
    assert _browser("support").get(f"{reverse(f'admin:{name}')}?{query}").status_code == 400


@pytest.mark.parametrize("role", ["support", "auditor"])
@pytest.mark.django_db
def test_who_only_looks_is_offered_no_action(role: str, rows: dict[str, Any]) -> None:
    somebody = _browser(role)
    user = get_user_model().objects.get(pk=somebody.session["_auth_user_id"])
    request = RequestFactory().get("/")
    request.user = user
    offered = {model._meta.label: list(page.get_actions(request)) for model, page in admin.site._registry.items() if page.get_actions(request)}
    assert not offered
    assert admin.site._registry[get_user_model()].get_actions(request) == {}


@pytest.mark.django_db
def test_an_auditor_checks_a_chain(rows: dict[str, Any], person: Any) -> None:
    browser, check = _browser("auditor"), reverse("admin:accounts_auditentry_check")
    page = browser.get(check, {"person": person.pk}).content.decode()
    assert "refuses to change or delete" in page and "as they were written" in page
    assert "no entries" in browser.get(check, {"person": 10**9}).content.decode()
    assert "Write the number" in browser.get(check, {"person": "mia"}).content.decode()


# ── giving roles ────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_an_administrator_gives_and_ends_roles_and_the_person_reads_it_in_their_log(person: Any) -> None:
    browser = _browser("administrator")
    address = reverse("admin:accounts_user_change", args=[person.pk])
    form = {"first_name": "", "last_name": "", "is_active": "on", "preferences-TOTAL_FORMS": 0, "preferences-INITIAL_FORMS": 0}
    assert browser.post(address, {**form, "site_roles": ["Support", "Auditor"], "is_superuser": "on"}).status_code == 302
    person.refresh_from_db()
    assert person.is_staff and not person.is_superuser and set(person.groups.values_list("name", flat=True)) == {"Support", "Auditor"}
    assert browser.post(address, form).status_code == 302
    person.refresh_from_db()
    assert not person.is_staff and not person.groups.exists()
    told = AuditEntry.objects.filter(subject=person.pk, action__startswith="site_role.").order_by("sequence")
    assert [(one.action, one.data["role"]) for one in told] == [
        ("site_role.given", "Auditor"), ("site_role.given", "Support"), ("site_role.ended", "Auditor"), ("site_role.ended", "Support"),
    ]  # fmt: skip
    assert told[0].actor == int(browser.session["_auth_user_id"])


@pytest.mark.parametrize("role", ["support", "steward", "auditor", "stranger"])
@pytest.mark.django_db
def test_nobody_else_gives_roles(role: str, person: Any) -> None:
    somebody = get_user_model().objects.get(pk=_browser(role).session["_auth_user_id"])
    with pytest.raises(NotForThisRole):
        grant_site_roles(somebody, somebody, [SiteRole.ADMINISTRATOR])
    assert not AuditEntry.objects.filter(action="site_role.given", data__role="Administrator").exists()


@pytest.mark.django_db
def test_an_administrator_changes_no_superuser_and_nobodys_password_or_address(person: Any) -> None:
    browser = _browser("administrator")
    get_user_model().objects.filter(pk=person.pk).update(is_superuser=True, is_staff=True)
    address = reverse("admin:accounts_user_change", args=[person.pk])
    assert browser.get(address).status_code == 200 and browser.post(address, {"is_active": ""}).status_code == 403
    get_user_model().objects.filter(pk=person.pk).update(is_superuser=False, is_staff=False)
    form = {"preferences-TOTAL_FORMS": 0, "preferences-INITIAL_FORMS": 0, "is_active": "on", "email": "theirs@example.org", "password": "x"}
    assert browser.post(address, form).status_code == 302
    before = person.password
    person.refresh_from_db()
    assert (person.email, person.password) == ("mia@example.org", before)
    assert browser.get(f"/admin/accounts/user/{person.pk}/password/").status_code in {302, 404}


@pytest.mark.django_db
def test_the_role_of_everybody_but_staff_costs_no_query(person: Any, django_assert_num_queries: Any) -> None:
    from portfolio_site.web.administration import site_roles_of

    with django_assert_num_queries(0):
        assert site_roles_of(person) == frozenset()
    staff = get_user_model().objects.get(pk=_browser("support").session["_auth_user_id"])
    with django_assert_num_queries(1):
        assert site_roles_of(staff) == site_roles_of(staff) == {SiteRole.SUPPORT}
