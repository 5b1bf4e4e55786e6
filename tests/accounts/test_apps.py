"""Apps of other people: let in by a person, with what that person chose, for as long as that person wants."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from allauth.idp.oidc.models import Client as App
from allauth.idp.oidc.models import Token
from django.test import Client

from accounts.models import AuditEntry
from accounts.oauth.models import AuthorizationCode
from accounts.oauth.services import address_fault, sweep_apps
from tests.accounts.apps_flow import BACK, SCOPES, an_app, asked, browser_of, call, code_for, connected, consent, exchange, parameters
from tests.accounts.conftest import PASSWORD
from tests.factories import make_person, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(db: None) -> Any:
    """Who builds the app."""
    return make_person("maker")


def test_an_app_is_let_in_by_a_code_and_does_what_the_person_ticked(marta: Any, maker: Any) -> None:
    app, secret = an_app(maker)
    answer = consent(browser_of(marta), asked(app, scope="openid profile:read portfolios:read"), scopes=["openid", "profile:read"])
    assert answer.status_code == 302 and answer["Location"].startswith(BACK + "?")
    back = parameters(answer)
    assert back["state"] == "xyz"
    tokens = exchange(app, secret, code=back["code"])
    assert tokens.status_code == 200 and tokens["Cache-Control"] == "no-store"
    body = tokens.json()
    assert body["token_type"] == "Bearer" and body["expires_in"] == 1800 and set(body["scope"].split()) == {"openid", "profile:read"}
    assert call(body["access_token"]).json()["username"] == "marta"
    refused = call(body["access_token"], "/api/v1/portfolios")
    assert refused.status_code == 403 and refused.json()["code"] == "insufficient_scope"
    assert Client().get("/oauth/userinfo", HTTP_AUTHORIZATION=f"Bearer {body['access_token']}").json() == {"sub": str(marta.pk)}
    assert AuditEntry.objects.filter(action="app.connected", subject=marta.pk).count() == 1


def test_nothing_that_opens_anything_is_kept_as_it_is(marta: Any, maker: Any) -> None:
    app, secret = an_app(maker)
    code = code_for(browser_of(marta), app)
    tokens = exchange(app, secret, code=code).json()
    kept = str([vars(row) for model in (App, Token, AuthorizationCode) for row in model.objects.all()])
    for word in (secret, code, tokens["access_token"], tokens["refresh_token"]):
        assert word not in kept


def test_the_id_token_is_signed_by_the_published_key_for_the_app_with_its_nonce(marta: Any, maker: Any, settings: Any) -> None:
    app, secret = an_app(maker)
    tokens = connected(marta, app, secret, scope="openid profile email")
    document = Client().get("/.well-known/openid-configuration").json()
    assert document["issuer"] == settings.SITE_URL and document["token_endpoint"] == settings.SITE_URL + "/oauth/token"
    assert document["code_challenge_methods_supported"] == ["S256"] and document["response_types_supported"] == ["code"]
    (key,) = Client().get("/.well-known/jwks.json").json()["keys"]
    assert "d" not in key and "p" not in key
    claims = jwt.decode(tokens["id_token"], jwt.PyJWK(key).key, algorithms=["RS256"], audience=app.pk, issuer=settings.SITE_URL)
    assert claims["sub"] == str(marta.pk) and claims["nonce"] == "n-1" and claims["preferred_username"] == "marta"
    assert call(tokens["id_token"]).status_code == 401  # it says who somebody is; it opens nothing


def test_a_connection_is_renewed_and_ends_when_it_would_have_ended(marta: Any, maker: Any) -> None:
    app, secret = an_app(maker)
    first = connected(marta, app, secret)
    ends = Token.objects.get(type=Token.Type.REFRESH_TOKEN).expires_at
    second = exchange(app, secret, grant_type="refresh_token", refresh_token=first["refresh_token"], redirect_uri=None, code_verifier=None)
    assert second.status_code == 200 and call(second.json()["access_token"]).status_code == 200
    assert Token.objects.get(type=Token.Type.REFRESH_TOKEN).expires_at == ends


def test_an_app_acts_for_its_owner_by_its_secret_until_the_password_changes(maker: Any) -> None:
    app, secret = an_app(maker, for_owner=True)
    answer = exchange(app, secret, grant_type="client_credentials", scope="profile:read", redirect_uri=None, code_verifier=None)
    token = answer.json()["access_token"]
    assert "refresh_token" not in answer.json() and call(token).json()["username"] == "maker"
    maker.set_password("another plumb line hangs")
    maker.save()
    assert call(token).status_code == 401
    again = exchange(app, secret, grant_type="client_credentials", scope="profile:read", redirect_uri=None, code_verifier=None)
    assert again.status_code == 400


def test_an_app_without_a_secret_is_let_in_by_pkce(marta: Any, maker: Any) -> None:
    app, secret = an_app(maker, confidential=False)
    assert secret == "" and call(connected(marta, app, "")["access_token"]).status_code == 200


def test_an_app_ends_its_own_tokens(marta: Any, maker: Any) -> None:
    app, secret = an_app(maker)
    tokens = connected(marta, app, secret)
    answer = Client().post("/oauth/revoke", {"token": tokens["refresh_token"], "client_id": app.pk, "client_secret": secret})
    assert answer.status_code == 200 and not Token.objects.exists() and call(tokens["access_token"]).status_code == 401


def test_the_page_that_asks_says_who_wants_what_and_lets_the_form_lead_back(marta: Any, maker: Any) -> None:
    app, _ = an_app(maker, name="<script>Sheets</script>")
    page = browser_of(marta).get("/oauth/authorize", asked(app))
    text = page.content.decode()
    assert "&lt;script&gt;Sheets" in text and "<script>Sheets" not in text
    assert "See your name, address and preferences" in text and "maker" in text and "Know who you are" in text
    policy = page["Content-Security-Policy"]
    targets = policy.partition("form-action ")[2].partition(";")[0].split()
    assert "'self'" in targets and "https://app.example" in targets and page["X-Frame-Options"] == "DENY" and page["Cache-Control"] == "no-store"
    elsewhere = Client().get("/oauth/authorize", asked(app))
    assert elsewhere.status_code == 302 and elsewhere["Location"].startswith("/accounts/login/?next=/oauth/authorize")


def test_a_person_who_says_no_gives_nothing(marta: Any, maker: Any) -> None:
    app, _ = an_app(maker)
    answer = consent(browser_of(marta), asked(app), action="cancel")
    assert parameters(answer) == {"error": "access_denied", "state": "xyz"} and not AuthorizationCode.objects.exists()


def test_the_person_sees_connected_apps_and_puts_one_out_with_one_click(marta: Any, maker: Any, stranger: Any) -> None:
    app, secret = an_app(maker)
    mine, others = connected(marta, app, secret), connected(stranger, app, secret)
    browser = browser_of(marta)
    page = browser.get("/settings/apps/").content.decode()
    assert "Sheets" in page and "By maker" in page and "See your name" in page
    browser.post(f"/settings/apps/{app.pk}/disconnect/")
    assert call(mine["access_token"]).status_code == 401 and call(others["access_token"]).status_code == 200
    gone = exchange(app, secret, grant_type="refresh_token", refresh_token=mine["refresh_token"], redirect_uri=None, code_verifier=None)
    assert gone.json()["error"] == "invalid_grant"
    assert browser.post(f"/settings/apps/{app.pk}/disconnect/").status_code == 404
    assert AuditEntry.objects.filter(action="app.disconnected", subject=marta.pk).count() == 1


def test_a_maker_registers_changes_and_removes_an_app_on_the_pages(marta: Any, stranger: Any) -> None:
    browser = browser_of(marta)
    assert "/accounts/reauthenticate/" in browser.get("/settings/apps/new/")["Location"]
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    form = {"name": "Mine", "kind": "confidential", "addresses": "http://evil.example/back", "scopes": ["openid", "profile:read"]}
    assert "use https" in browser.post("/settings/apps/new/", form).content.decode()
    made = browser.post("/settings/apps/new/", form | {"addresses": BACK})
    secret, app = made.context["secret"], App.objects.get()
    assert secret in made.content.decode() and app.check_secret(secret) and app.get_redirect_uris() == [BACK] and not app.skip_consent
    tokens = connected(stranger, app, secret)
    narrowed = browser.post(f"/settings/apps/{app.pk}/", {"name": "Mine", "addresses": BACK, "scopes": ["openid"]})
    assert narrowed.status_code == 302 and call(tokens["access_token"]).status_code == 403  # what it may ask for bounds what it has
    renewed = browser.post(f"/settings/apps/{app.pk}/secret/").context["secret"]
    app.refresh_from_db()
    assert app.check_secret(renewed) and not app.check_secret(secret)
    other = browser_of(stranger)
    other.post("/accounts/reauthenticate/", {"password": "a long enough sentence"})
    for path in ("", "secret/", "remove/"):
        assert other.post(f"/settings/apps/{app.pk}/{path}").status_code == 404
    browser.post(f"/settings/apps/{app.pk}/remove/")
    assert not App.objects.exists() and call(tokens["access_token"]).status_code == 401


def test_a_fixed_number_of_queries_shows_the_apps(marta: Any, maker: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        app, secret = an_app(maker, name=f"App {number}")
        connected(marta, app, secret)
    browser = browser_of(marta)
    with django_assert_max_num_queries(7):
        browser.get("/settings/apps/")


@pytest.mark.parametrize(
    "address",
    [
        "http://app.example/back", "javascript:alert(1)", "data:text/html,x", "//app.example/back", "/back", "https://", "https:///back",
        "https://app.example/back#x", "https://user@app.example/", "https://*.example/back", "https://app.example/a b", "https://app.example\\@b.example",
        "https://app.example:99999/", "ftp://app.example/", "app:/back", "https://é.example/", "https://app.example/\x00", "https://" + "a" * 400,
    ],
)  # fmt: skip
def test_an_address_that_a_thief_could_use_is_not_registered(address: str) -> None:
    assert address_fault(address).endswith(".")


@pytest.mark.parametrize(
    "address", [BACK, "https://app.example:8443/a?b=c", "http://127.0.0.1:8080/back", "http://[::1]/back", "org.example.app:/back"]
)
def test_an_address_of_an_app_is_registered(address: str) -> None:
    assert address_fault(address) == ""


def test_where_the_provider_is_off_there_is_nothing(marta: Any, maker: Any, settings: Any) -> None:
    app, secret = an_app(maker)
    token = connected(marta, app, secret)["access_token"]
    settings.OAUTH_PROVIDER = False
    for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json", "/oauth/authorize", "/oauth/userinfo"):
        assert browser_of(marta).get(path).status_code == 404
    assert Client().post("/oauth/token").status_code == 404 and call(token).status_code == 401


def test_where_registration_is_closed_only_administrators_register(marta: Any, settings: Any) -> None:
    settings.OAUTH_OPEN = False
    browser = browser_of(marta)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert browser.get("/settings/apps/new/").status_code == 404 and "Register an app" not in browser.get("/settings/apps/").content.decode()
    make_staff(marta)
    assert browser.get("/settings/apps/new/").status_code == 200


def test_what_is_over_is_swept(marta: Any, maker: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    app, secret = an_app(maker, scopes=SCOPES)
    connected(marta, app, secret)
    sweep_apps(timezone.now() + timedelta(days=91))
    assert not Token.objects.filter(expires_at__lt=timezone.now()).exists() and not AuthorizationCode.objects.exists()


def test_the_signing_key_is_made_once_and_kept_sealed(settings: Any, tmp_path: Any) -> None:
    from accounts.oauth import keys

    settings.DATA_DIR = tmp_path
    pem = keys.signing_key()
    stored = tmp_path / "keys" / "oidc_key.sealed"
    assert pem.startswith("-----BEGIN PRIVATE KEY") and b"PRIVATE" not in stored.read_bytes() and stored.stat().st_mode & 0o777 == 0o600
    keys._read.clear()
    assert keys.signing_key() == pem
    stored.write_bytes(b"spoilt")
    keys._read.clear()
    assert keys.signing_key() != pem
