"""Who may do what: every route of portfolios and of what lies under them × every method × every role × whose portfolio it is.

The routes come from the resolver.  `WRITES` says what a call needs of a role where it is not only to look; a route that writes and does not
stand there fails, and so does a route without a number that is in none of the lists at the end.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from portfolio_site.web.site_roles import SiteRole
from portfolios.models import Membership, Portfolio, PublicLink, Reconciliation, Transaction
from portfolios.reconciling.services import reconcile
from portfolios.roles import ALLOWED, Action, Role
from portfolios.services import delete_portfolio
from portfolios.sharing.links import make_link, revoke_link
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories
from tests.contracts.test_access import METHODS, ROUTES, WITH_A_ROW, Route, _filled, _kind, _ledger_of

READS_OWN = {"owner"}
UNDER_PORTFOLIOS = frozenset({"portfolio", "transaction", "import", "proposal", "comment", "suggestion"})
MEMBERS = tuple(role.value for role in Role if role is not Role.OWNER)
ROLES = ("anonymous", "owner", *MEMBERS, "ex-member", "stranger", "support", "admin")  # the last two run the site: test_site_roles.py
WHOSE = ("own", "shared", "foreign", "deleted", "random")

# What a role needs for each call that is not a GET; a GET needs to see, but for those of `LOOKING`.
WRITES: dict[str, Action | dict[str, Action]] = {
    "api-portfolio": {"PUT": Action.CONFIGURE, "PATCH": Action.CONFIGURE, "DELETE": Action.DELETE},
    "api-portfolio-lock": Action.CONFIGURE,
    "api-holdings": Action.WRITE,
    "api-holding": Action.WRITE,
    "api-portfolio-transactions": Action.WRITE,
    "api-transactions-batch": Action.WRITE,
    "api-portfolio-actions-preview": Action.VIEW,  # it records nothing
    "api-portfolio-action-accept": Action.WRITE,
    "api-portfolio-action-dismiss": Action.WRITE,
    "api-portfolio-action-reopen": Action.WRITE,
    "api-portfolio-imports": Action.IMPORT,
    "api-portfolio-reconcile": Action.WRITE,
    "api-portfolio-reconciliation": Action.WRITE,
    "api-portfolio-reconciliation-correct": Action.WRITE,
    "api-portfolio-reconciliation-undo": Action.WRITE,
    "api-portfolio-transfers": Action.WRITE,
    "api-portfolio-shares": Action.SHARE,
    "api-portfolio-links": Action.SHARE,
    "portfolio-share": Action.SHARE,
    "api-portfolio-offer": Action.TRANSFER,
    "portfolio-give": Action.TRANSFER,
    "portfolio-comments": Action.COMMENT,
    "api-portfolio-comments": Action.COMMENT,
    "comment": Action.COMMENT,
    "api-comment": Action.COMMENT,
    "portfolio-suggestion-add": Action.SUGGEST,
    "api-portfolio-suggestions": Action.SUGGEST,
    "transaction-suggest": Action.SUGGEST,
    "suggestion": Action.WRITE,  # to accept or decline it
    "api-suggestion": Action.SUGGEST,
    "api-suggestion-accept": Action.WRITE,
    "api-suggestion-decline": Action.WRITE,
    "portfolio-leave": Action.VIEW,
    "api-transaction": Action.WRITE,
    "api-transaction-restore": Action.WRITE,
    "portfolio-lock": Action.CONFIGURE,
    "portfolio-unlock": Action.CONFIGURE,
    "portfolio-edit": Action.CONFIGURE,
    "portfolio-delete": Action.DELETE,
    "portfolio-reconcile": Action.WRITE,
    "portfolio-reconciliation-correct": Action.WRITE,
    "portfolio-reconciliation-undo": Action.WRITE,
    "portfolio-reconciliation-remove": Action.WRITE,
    "transaction-edit": Action.WRITE,
    "transaction-void": Action.WRITE,
    "transaction-restore": Action.WRITE,
    "proposal-accept": Action.WRITE,
    "proposal-dismiss": Action.WRITE,
    "proposal-reopen": Action.WRITE,
}
# Pages that only lead to a deed: to open them takes what the deed takes.
LOOKING = {
    "api-portfolio-imports": Action.IMPORT,
    "api-portfolio-shares": Action.SHARE,
    "api-portfolio-links": Action.SHARE,
    "portfolio-share": Action.SHARE,
    "api-portfolio-offer": Action.TRANSFER,
    "portfolio-give": Action.TRANSFER,
    "comment": Action.COMMENT,
    "portfolio-suggestion-add": Action.SUGGEST,
    "transaction-suggest": Action.SUGGEST,
    "portfolio-unlock": Action.CONFIGURE,
    "portfolio-edit": Action.CONFIGURE,
    "portfolio-delete": Action.DELETE,
    "portfolio-reconciliation-correct": Action.WRITE,
    "transaction-edit": Action.WRITE,
    "transaction-void": Action.WRITE,
    "proposal-accept": Action.WRITE,
}
# Pages and calls without a number in the path that tell of the portfolio `?p=` names.
ABOUT_P = {
    "dashboard", "holdings", "value", "diversification", "income", "compare", "performance", "projection", "risk", "transactions", "actions",
}  # fmt: skip
# What else has no number of a portfolio: a person's own things, and what is everybody's.
OWN_THINGS = {
    "api-auth-me", "api-auth-log", "api-instruments", "api-instruments-search", "api-instruments-search-one", "api-instruments-list",
    "api-instruments-list-one", "api-stocks-batch", "api-stock", "api-fx-rates", "api-fx", "api-news-muted", "api-watchlists", "api-portfolios",
    "api-transactions", "api-benchmarks", "api-news", "api-analytics-batch", "api-market-health", "api-compare", "api-concentration",
    "api-income-calendar",
    "api-alerts", "api-alert-events", "api-notifications", "api-notices", "api-offers", "api-sharing", "sharing", "welcome", "welcome-done", "instruments", "instrument-add", "instrument-find",
    "instrument-list", "instrument-listing", "own-rates", "news-mute", "watch", "portfolios", "portfolio-add", "lots", "sample-load",
    "sample-remove", "instrument-options", "import", "benchmarks", "blend-add", "news", "news-card", "health", "health-ask", "health-settle",
    "health-source", "search", "markets", "notifications", "notifications-read", "watchlist-add", "invitation",
}  # fmt: skip
OWN_BEGINNINGS = (
    "settings", "phone", "sms", "unsubscribe", "device", "api-device", "erase", "alert", "api-alert", "api-deliver", "deliver", "api-webhook", "webhook", "api-notification", "notification", "channel", "api-channel", "push", "api-push",
    "rule", "api-rule", "transaction-", "action-", "actions-", "transfer-", "income-calendar",
)  # fmt: skip
KNOW_NO_PORTFOLIO = ("accounts.", "market.", "allauth.", "portfolio_site.", "django.", "drf_")  # what is below portfolios cannot tell of one
OWN_ENDINGS = ("-all",)  # the union of one's own
ROWS = [route for route in WITH_A_ROW if _kind(route) in UNDER_PORTFOLIOS]


@dataclass(frozen=True)
class Case:
    route: Route
    method: str
    whose: str
    path: str


class World:
    """Three people with a ledger each, one of which is shared with somebody for each role."""

    def __init__(self, today: Any) -> None:
        people = {name: factories.make_person(f"x{name.replace('-', '')}") for name in ROLES if name != "anonymous"}
        self.people: dict[str, Any] = people
        factories.make_staff(people["support"], *SiteRole)  # every role at once opens nothing outside the administration
        people["admin"].is_staff = people["admin"].is_superuser = True
        people["admin"].save()
        self.shared = self._belongings(people["owner"], today, "SHARED")
        self.foreign = self._belongings(factories.make_person("somebody"), today, "THEIRS")
        gone = self._belongings(people["owner"], today, "GONE")
        portfolio = Portfolio.objects.get(pk=self.shared["portfolio"])
        for role in MEMBERS:
            set_membership(portfolio, people[role], Role(role))
            set_membership(Portfolio.objects.get(pk=gone["portfolio"]), people[role], Role(role))
        set_membership(portfolio, people["ex-member"], Role.EDITOR)
        end_membership(portfolio, people["ex-member"])
        delete_portfolio(people["owner"], Portfolio.objects.get(pk=gone["portfolio"]))
        self.deleted = gone
        self.own: dict[str, dict[str, int]] = {"owner": self.shared}
        self.today = today

    def _belongings(self, person: Any, today: Any, symbol: str) -> dict[str, int]:
        own = factories.make_instrument(symbol, owner=person, exchange="", price="12")
        rows = _ledger_of_only(person, own, today)
        statement = reconcile(person, Portfolio.objects.get(pk=rows["portfolio"]), day=today, cash={"EUR": factories.D(1)})
        return {"instrument": own.pk, **rows, "reconciliation": statement.pk}

    def of(self, role: str, whose: str) -> dict[str, int]:
        if whose == "own" and role not in self.own:
            self.own[role] = self._belongings(self.people[role], self.today, f"OWN{role[:4].upper()}")
        return {
            "own": self.own.get(role, {}),
            "shared": self.shared,
            "foreign": self.foreign,
            "deleted": self.deleted,
            "random": {name: 10**17 + place for place, name in enumerate(self.shared)},
        }[whose]


def _ledger_of_only(person: Any, own: Any, today: Any) -> dict[str, int]:
    from portfolios.models import ActionProposal

    before = set(ActionProposal.objects.values_list("pk", flat=True))
    return _ledger_of(person, own, today, proposal=lambda: ActionProposal.objects.exclude(pk__in=before).get(portfolio__owner=person))


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _needs(route: Route, method: str) -> Action:
    if method == "GET":
        return LOOKING.get(route.name, Action.IMPORT if _kind(route) == "import" else Action.VIEW)
    if _kind(route) == "import":
        return Action.IMPORT
    assert route.name in WRITES, f"{route.name} ({route.path}) writes: say here what a role needs for it"
    said = WRITES[route.name]
    return said if isinstance(said, Action) else said[method]


def _expected(role: str, whose: str, needs: Action, kind: str) -> str:
    """ "in", "no" (403) or "nothing" (404)."""
    if whose == "own":
        return "in"
    if whose != "shared" or role not in (*MEMBERS, Role.OWNER):
        return "nothing"
    may = ALLOWED[Role(role)]
    if needs in may:
        return "in"
    return "nothing" if kind == "import" else "no"  # an import is not seen by those who may not import


def _path(route: Route, rows: dict[str, int]) -> str:
    number = rows["reconciliation" if "reconcil" in route.name else "import" if _kind(route) == "import" else "proposal"]
    if _kind(route) == "import":
        number = 1
    return _filled(route, rows[_kind(route)], instrument=str(rows["instrument"]), number=str(number))


_methods: dict[str, tuple[str, ...]] = {}


def _methods_of(route: Route, browser: Client) -> tuple[str, ...]:
    """What an address takes; asked once, of an address at which there is nothing."""
    if route.name not in _methods:
        path = _filled(route, 10**17, instrument="1", number="1")
        _methods[route.name] = tuple(one for one in METHODS if browser.generic(one, path, "{}", content_type="application/json").status_code != 405)
    return _methods[route.name]


def _wrong(answer: Any, expected: str, role: str, path: str) -> bool:
    status = answer.status_code
    if role == "anonymous":
        return bool(status != 401 if path.startswith("/api/") else status != 302 or not answer["Location"].startswith("/accounts/login/"))
    if expected == "no":
        return bool(status != 403 or (path.startswith("/api/") and answer.json()["code"] != "not_allowed_for_role"))
    if expected == "nothing":
        return bool(status != 404)
    return status in {401, 403, 405} or status >= 500


def _read_elsewhere(role: str, whose: str, needs: Action, method: str) -> bool:
    """Whole pages are the dear cases: what is only looked at is read by the owner and by the least of the members, who sees it all."""
    if method != "GET" or needs != Action.VIEW:
        return False
    return (whose == "own" and role not in READS_OWN) or (whose == "shared" and role in MEMBERS[:-1])


def _cases(world: World, role: str, browser: Client) -> Iterator[Case]:
    for whose in WHOSE:
        if role == "anonymous" and whose == "own":
            continue  # nobody has nothing
        rows = world.of(role, whose)
        for route in ROWS:
            for method in _methods_of(route, browser):
                if _read_elsewhere(role, whose, _needs(route, method), method):
                    continue
                yield Case(route, method, whose, _path(route, rows))


@pytest.fixture
def world(db: None, today: Any) -> World:
    return World(today)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are no news, and writing them down costs as much as asking."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


TRIED: dict[str, int] = {}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.django_db
def test_every_route_lets_in_exactly_the_roles_that_may(role: str, world: World, quiet: None) -> None:
    finder = Client()
    finder.force_login(world.people["stranger"])
    browser = Client(raise_request_exception=False)
    if role != "anonymous":
        browser.force_login(world.people[role])
    wrong = _wrong_about_p(world, role, browser)
    for case in _cases(world, role, finder):
        expected = _expected(role, case.whose, _needs(case.route, case.method), _kind(case.route))
        with undone():
            answer = browser.generic(case.method, case.path, "{}", content_type="application/json")
        TRIED[role] = TRIED.get(role, 0) + 1
        if _wrong(answer, expected, role, case.path) and not _absent_inside(case, answer, expected):
            wrong.append((case.method, case.path, case.whose, expected, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def _wrong_about_p(world: World, role: str, browser: Client) -> list[tuple[Any, ...]]:
    """Of the pages that tell of the portfolio in their address: those that let in who may not, or keep out who may."""
    routes = [route for route in ROUTES if route.name in ABOUT_P]
    assert len(routes) == len(ABOUT_P)
    wrong: list[tuple[Any, ...]] = []
    for whose in WHOSE if role != "anonymous" else WHOSE[1:]:
        for route in routes:
            if _read_elsewhere(role, whose, Action.VIEW, "GET"):
                continue
            path = f"{route.path}?p={world.of(role, whose)['portfolio']}"
            answer = browser.get(path)
            TRIED[role] = TRIED.get(role, 0) + 1
            if _wrong(answer, _expected(role, whose, Action.VIEW, "portfolio"), role, path):
                wrong.append(("GET", path, whose, answer.status_code))
    return wrong


def _absent_inside(case: Case, answer: Any, expected: str) -> bool:
    """Who is let in may still hear that there is nothing to be done: an empty body names no row."""
    return expected == "in" and case.method != "GET" and answer.status_code == 404


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.django_db
def test_a_public_link_opens_the_same_to_everybody_while_it_is_open_and_only_then(role: str, world: World, quiet: None) -> None:
    owner, browser = world.people["owner"], Client()
    if role != "anonymous":
        browser.force_login(world.people[role])
    portfolio = Portfolio.objects.get(pk=world.shared["portfolio"])
    tokens = {state: make_link(owner, portfolio, days=1) for state in ("open", "over", "revoked")}
    PublicLink.objects.filter(pk=tokens["over"][0].pk).update(expires_at=timezone.now())
    revoke_link(owner, portfolio, tokens["revoked"][0].pk)
    for state, token in [*((state, secret) for state, (_, secret) in tokens.items()), ("random", "x" * 43), ("number", str(portfolio.pk))]:
        for path in (f"/p/{token}/", f"/api/v1/public/{token}"):
            for method in METHODS:
                allowed = (200 if state == "open" else 404) if method == "GET" else 405
                assert browser.generic(method, path).status_code == allowed, (state, method, path)


def test_there_are_many_cases() -> None:
    if set(TRIED) == set(ROLES):  # the whole module ran, here
        assert sum(TRIED.values()) >= 5_000, sum(TRIED.values())


@pytest.mark.parametrize("route", [route for route in ROUTES if "pk" not in route.parameters], ids=lambda route: route.name)
def test_a_route_without_a_number_says_whose_things_it_tells_of(route: Route) -> None:
    if _module(route).startswith(KNOW_NO_PORTFOLIO):
        return
    known = route.name in ABOUT_P | OWN_THINGS or route.name.startswith(OWN_BEGINNINGS) or route.name.endswith(OWN_ENDINGS)
    assert known, f"{route.name} ({route.path}): does it tell of a portfolio? Then say above how it is named; else say that it does not."


def _module(route: Route) -> str:
    """Where the view of a route is written."""
    found = resolve(_filled(route, 1, symbol="AAPL", base="EUR", quote="USD", instrument="1")).func
    return str(getattr(found, "view_class", found).__module__)


@pytest.mark.django_db
def test_memberships_and_object_permissions_agree_for_every_role_and_action(world: World) -> None:
    portfolio = Portfolio.objects.get(pk=world.shared["portfolio"])
    seen = 0
    for role in Role:
        person = get_user_model().objects.get(pk=world.people[role.value].pk)
        for action in Action:
            assert person.has_perm(f"portfolios.may_{action.value}_portfolio", portfolio) == (action in ALLOWED[role]), (role, action)
            seen += 1
    for name in ("ex-member", "stranger", "support"):
        person = get_user_model().objects.get(pk=world.people[name].pk)
        assert not any(person.has_perm(f"portfolios.may_{action.value}_portfolio", portfolio) for action in Action), name
    assert seen == 50
    assert Membership.objects.filter(portfolio=portfolio).count() == len(MEMBERS)
    assert Transaction.objects.filter(portfolio=portfolio).count() == 3
    assert Reconciliation.objects.filter(portfolio=portfolio).count() == 1
