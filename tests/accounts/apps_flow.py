"""What an app and a browser do to be let in, step by step, so that tests can do each step wrongly."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from accounts.oauth.services import AppDraft, register_app

BACK = "https://app.example/back"
VERIFIER = "v" * 20 + "-._~" + "0123456789" * 3
SCOPES = ("openid", "profile", "email", "portfolios:read", "profile:read")


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def an_app(owner: Any, **changes: Any) -> tuple[Any, str]:
    return register_app(owner, AppDraft(**({"name": "Sheets", "addresses": (BACK,), "scopes": SCOPES} | changes)))


def asked(app: Any, **changes: Any) -> dict[str, str]:
    """The request for a code; None takes a part out."""
    request = {
        "client_id": app.pk,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "openid profile:read",
        "state": "xyz",
        "nonce": "n-1",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in request.items() if value is not None}


def browser_of(user: Any) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def consent(browser: Client, request: dict[str, str], *, scopes: list[str] | None = None, action: str = "grant") -> Any:
    """Opens the page and sends its form; the page itself where it has no form."""
    page = browser.get("/oauth/authorize?" + urlencode(request))
    found = re.search(r'name="request" value="([^"]+)"', page.content.decode()) if page.status_code == 200 else None
    if found is None:
        return page
    import html

    body = {"request": html.unescape(found[1]), "scopes": request["scope"].split() if scopes is None else scopes, "action": action}
    return browser.post("/oauth/authorize", body)


def parameters(answer: Any) -> dict[str, str]:
    """What the app finds in the address that the browser was sent to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def code_for(browser: Client, app: Any, **changes: Any) -> str:
    return parameters(consent(browser, asked(app, **changes)))["code"]


def exchange(app: Any, secret: str, **changes: Any) -> Any:
    """At the token endpoint; changes as in `asked`.  Without a secret the app names itself alone."""
    body = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, "client_id": app.pk, "client_secret": secret or None}
    return Client().post("/oauth/token", {name: value for name, value in (body | changes).items() if value is not None})


def connected(user: Any, app: Any, secret: str, **changes: Any) -> dict[str, Any]:
    """The tokens of an app that was let in."""
    answer = exchange(app, secret, code=code_for(browser_of(user), app, **changes))
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def call(token: str, path: str = "/api/v1/auth/me") -> Any:
    return Client().get(path, HTTP_AUTHORIZATION=f"Bearer {token}")
