"""Every answer carries the headers that keep it safe: pages, API, errors, redirects, downloads, files."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.contracts.test_access import GATE, PUBLIC, ROUTES, _filled, _kind, belongings  # noqa: F401  (a fixture)

EVERYWHERE = {
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
    "Referrer-Policy": {"same-origin", "no-referrer"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
}


def _check(answer: HttpResponse, path: str) -> list[str]:
    wrong = [f"{path}: {name} is {answer.get(name)}" for name, value in EVERYWHERE.items() if answer.get(name) not in value]
    policy = answer.get("Content-Security-Policy", "")
    if path.startswith("/static/"):
        policy = "default-src 'none'; frame-ancestors 'none'"  # no document
    if "unsafe" in policy or "frame-ancestors 'none'" not in policy or "default-src 'none'" not in policy:
        wrong.append(f"{path}: Content-Security-Policy is {policy}")
    if "camera=()" not in answer.get("Permissions-Policy", "") or "geolocation=()" not in answer.get("Permissions-Policy", ""):
        wrong.append(f"{path}: Permissions-Policy is {answer.get('Permissions-Policy')}")
    return wrong


@pytest.mark.django_db
def test_every_page_and_call_of_a_person_is_kept_by_nobody_between(person: Any, belongings: dict[str, int]) -> None:  # noqa: F811
    browser = Client(raise_request_exception=False)
    browser.force_login(person)
    wrong: list[str] = []
    seen = 0
    for route in ROUTES:
        number = belongings[_kind(route)] if "pk" in route.parameters else 1
        path = _filled(route, number, instrument=str(belongings["instrument"]), symbol="HOUSE", base="EUR", quote="USD")
        for answer in (browser.get(path), browser.delete(path + "?x=1") if "toggle" in path else None):
            if answer is None:
                continue
            seen += 1
            wrong += _check(answer, path)
            if answer.status_code < 300 and "no-store" not in answer.get("Cache-Control", ""):
                wrong.append(f"{path}: Cache-Control is {answer.get('Cache-Control')}")
            cookies = [morsel for morsel in answer.cookies.values() if morsel["samesite"] not in ("Lax", "Strict") or morsel["path"] != "/"]
            wrong += [f"{path}: cookie {morsel.OutputString()}" for morsel in cookies]
    assert seen > 100 and not wrong, "\n".join(wrong[:40])


@pytest.mark.django_db
def test_what_everybody_sees_and_every_error_and_redirect_is_as_safe(client: Client) -> None:
    paths = ["/", "/privacy/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/dashboard/", "/api/v1/schema", "/api/v1/docs"]
    paths += ["/nothing-here/", "/api/v1/nothing", "/admin/", "/portfolios/%00/", "/static/css/tokens.css", "/api/v1/portfolios"]
    wrong = [line for path in paths for line in _check(client.get(path), path)]
    wrong += _check(client.put("/"), "PUT /") + _check(Client(enforce_csrf_checks=True).post("/settings/toggle/"), "without its token")
    wrong += _check(client.get("/", headers={"host": "elsewhere.example"}), "another host")
    assert not [line for line in wrong if "/api/v1/docs: Content-Security-Policy" not in line], "\n".join(wrong)
    assert {route.name for route in ROUTES} & (PUBLIC | GATE) == set()


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
@pytest.mark.django_db
def test_pages_with_a_form_for_a_secret_are_kept_by_nobody(client: Client, path: str) -> None:
    assert "no-store" in client.get(path).get("Cache-Control", "")
