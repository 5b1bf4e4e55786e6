"""Every call of the API has its scope said in one table, and a key without it is refused there."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import get_resolver, resolve
from rest_framework.test import APIClient

from accounts.keys import calls
from accounts.keys.services import make_key
from accounts.permissions import WithinScope
from accounts.scopes import OPEN, SCOPES, TABLE, need_of, scope_for
from tests.contracts.test_access import Route, _filled, _routes

METHODS = ("get", "post", "put", "patch", "delete")
API = [route for route in _routes(get_resolver().url_patterns) if route.path.startswith("/api/")]


def path_of(route: Route) -> str:
    return _filled(route, 1, symbol="AAPL", base="EUR", quote="USD", instrument="1")


def methods_of(route: Route) -> list[str]:
    view = resolve(path_of(route)).func.cls  # type: ignore[attr-defined]
    return [method for method in METHODS if hasattr(view, method)]


CALLS = [(route, method) for route in API if need_of(route.name) is not OPEN for method in methods_of(route)]
IDS = [f"{method} {route.name}" for route, method in CALLS]


@pytest.fixture(autouse=True)
def nothing_waits() -> Any:
    yield
    calls.forget_waiting()


def call(user: Any, scopes: list[str], method: str, path: str) -> Any:
    _, secret = make_key(user, name="x", scopes=scopes, days=None)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return getattr(client, method)(path, {}, format="json")


@pytest.mark.parametrize("route", API, ids=lambda route: route.name)
def test_every_address_of_the_api_says_which_scope_it_needs(route: Route) -> None:
    assert need_of(route.name) is not None, f"{route.name} ({route.path}): name it in accounts/scopes.py, with the area it belongs to"


@pytest.mark.parametrize("route", [one for one in API if need_of(one.name) is not OPEN], ids=lambda route: route.name)
def test_every_view_asks_for_the_scope(route: Route) -> None:
    view = resolve(path_of(route)).func.cls  # type: ignore[attr-defined]
    assert WithinScope in view.permission_classes, f"{route.name}: its permissions leave out accounts.permissions.WithinScope"


@pytest.mark.parametrize(("route", "method"), CALLS, ids=IDS)
@pytest.mark.django_db
def test_a_key_without_the_scope_is_refused_and_told_which_is_missing(person: Any, route: Route, method: str) -> None:
    needed = scope_for(route.name, method)
    others = [scope for scope in SCOPES if scope != needed]
    answer = call(person, others, method, path_of(route))
    assert answer.status_code == 403, (method, route.path, answer.status_code)
    assert answer.json()["code"] == "insufficient_scope" and answer["Content-Type"] == "application/problem+json"
    assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]
    assert not needed or f'scope="{needed}"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize(("route", "method"), [one for one in CALLS if scope_for(one[0].name, one[1])], ids=lambda one: getattr(one, "name", one))
@pytest.mark.django_db
def test_a_key_with_the_scope_alone_gets_through(person: Any, route: Route, method: str) -> None:
    answer = call(person, [scope_for(route.name, method)], method, path_of(route))
    assert answer.status_code not in {401, 403, 500}, (method, route.path, answer.status_code, answer.content[:200])


def test_scopes_of_the_table_are_those_of_the_documentation() -> None:
    named = {need.scope(method) for need in TABLE.values() for method in ("GET", "POST")} - {""}
    assert named == set(SCOPES)


def test_an_address_that_nobody_named_is_closed_to_keys() -> None:
    assert need_of("api-something-new") is None and scope_for("api-something-new", "GET") == ""


def test_the_openapi_document_names_the_scope_of_each_operation() -> None:
    import yaml
    from django.conf import settings

    document = yaml.safe_load((settings.BASE_DIR / "docs" / "openapi.yaml").read_text())
    performance = document["paths"]["/api/v1/portfolios/{id}/performance"]["get"]
    assert "Scope: `analytics:read`." in performance["description"] and {"apiKey": []} in performance["security"]
    keys = document["paths"]["/api/v1/auth/keys"]["post"]
    assert {"apiKey": []} not in keys["security"] and "no key" in keys["description"]


def test_the_page_about_access_has_each_scope_in_the_words_of_the_settings() -> None:
    from django.conf import settings

    from accounts.scopes import WORDS

    page = (settings.BASE_DIR / "docs" / "api-access.md").read_text()
    for scope, words in WORDS.items():
        assert f"| `{scope}` | {words} |" in page
