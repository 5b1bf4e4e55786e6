"""The sign-in family, first steps and settings, as a person without scripts meets them."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.errors import BadToken
from accounts.models import AuditEntry, Preferences
from accounts.selectors import preferences_of
from accounts.services import update_preferences
from tests.accounts.conftest import PASSWORD

User = get_user_model()
pytestmark = pytest.mark.django_db
TEMPLATES = Path(django_settings.BASE_DIR) / "templates"


@pytest.fixture(autouse=True)
def mails_leave_at_once(monkeypatch):
    """In place of at the commit, which a test on one transaction does not reach."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda func, using=None, robust=False: func())


def sign_up(client, **changes):
    return client.post(reverse("account_signup"), {"email": "new@example.org", "username": "", "password1": PASSWORD} | changes)


def sign_in(client, login="marta", password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": login, "password": password, **more})


def signed_in(client):
    return "_auth_user_id" in client.session


def link_in(message):
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/accounts/(?:confirm-email|password/reset/key)/\S+)", message.body)
    return link


def confirmed(user):
    return EmailAddress.objects.filter(user=user, verified=True, email=user.email).exists()


# ── signing up ──────────────────────────────────────────────────────────────


def test_signing_up_makes_an_account_that_works_at_once_and_leads_to_the_first_steps(client):
    answer = sign_up(client, email="New.Person@Example.org")
    assert answer.status_code == 302 and answer["Location"] == "/welcome/" and signed_in(client)
    user = User.objects.get()
    assert user.email == "new.person@example.org" and user.username == "new.person" and not confirmed(user)
    assert client.get("/welcome/").status_code == 200


def test_signing_up_works_without_a_mail_server(client, settings, caplog):
    settings.EMAIL_BACKEND = "tests.accounts.test_api.DeadMailServer"
    assert sign_up(client)["Location"] == "/welcome/"
    assert signed_in(client) and "mail.not_sent" in caplog.text


def test_signing_up_works_while_the_queue_does_not_answer(client, monkeypatch, caplog):
    from kombu.exceptions import OperationalError

    from accounts import tasks

    def no_broker(*_args, **_more):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.send_mail, "delay", no_broker)
    assert sign_up(client)["Location"] == "/welcome/"
    assert "mail.not_queued" in caplog.text


def test_mails_pass_through_the_queue_sealed(client, monkeypatch):
    from accounts import tasks

    queued = []
    monkeypatch.setattr(tasks.send_mail, "delay", queued.append)
    sign_up(client)
    (sealed,) = queued
    assert "example.org" not in sealed and "confirm-email" not in sealed
    tasks.send_mail.run(sealed)
    assert mail.outbox[0].to == ["new@example.org"]


def test_the_browser_tells_currency_country_and_time_zone(client):
    client.post(
        reverse("account_signup"),
        {"email": "new@example.org", "username": "", "password1": PASSWORD, "time_zone": "America/New_York"},
        headers={"Accept-Language": "en-US,en;q=0.9"},
    )
    kept = Preferences.objects.get()
    assert (kept.base_currency, kept.tax_residence, kept.time_zone, kept.locale, kept.cost_method) == (
        "USD",
        "US",
        "America/New_York",
        "en-US",
        "fifo",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "marta@example.org"}, "address"),
        ({"email": "MARTA@example.org"}, "address"),
        ({"email": ""}, "required"),
        ({"username": "MARTA"}, "username"),
        ({"username": "two words"}, "letters, digits"),
        ({"username": "marta@example.org"}, "letters, digits"),
        ({"password1": "short"}, "10"),
        ({"password1": "password123"}, "common"),
        ({"time_zone": "x" * 65}, "64"),
    ],
)
def test_signing_up_says_what_to_change(client, marta, change, words):
    answer = sign_up(client, **change)
    assert answer.status_code == 200 and words in answer.content.decode() and User.objects.count() == 1
    assert not signed_in(client)


def test_two_people_who_take_one_address_at_once_get_a_form_and_no_error(client, monkeypatch):
    from accounts.forms import SignUpForm

    User.objects.create_user("first", "new@example.org", PASSWORD)
    monkeypatch.setattr(SignUpForm, "clean_email", lambda self: self.cleaned_data["email"])
    answer = sign_up(client)
    assert answer.status_code == 200 and "a moment ago" in answer.content.decode()
    assert User.objects.count() == 1 and Preferences.objects.count() == 1


def test_preferences_come_with_every_person_however_made(django_user_model):
    from django.core.management import call_command

    django_user_model.objects.create_user("one", "one@example.org", "x")
    call_command("createsuperuser", username="two", email="two@example.org", interactive=False)
    django_user_model(username="three", email="three@example.org").save()
    assert Preferences.objects.count() == 3


# ── confirming the address ──────────────────────────────────────────────────


def test_the_link_of_the_mail_confirms_the_address_after_a_press_of_the_button(client):
    sign_up(client)
    link = link_in(mail.outbox[0])
    page = client.get(link)
    assert page.status_code == 200 and not confirmed(User.objects.get())
    assert client.post(link).status_code == 302
    assert confirmed(User.objects.get())
    assert AuditEntry.objects.filter(action="email.confirmed").exists()


def test_links_hold_the_configured_host_whatever_the_request_says(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(reverse("account_signup"), {"email": "new@example.org", "username": "", "password1": PASSWORD}, headers={"Host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body and "http://127.0.0.1:8000/" in mail.outbox[0].body


def test_a_link_that_is_not_good_any_more_offers_a_new_one(client, db):
    page = client.get(reverse("account_confirm_email", args=["nonsense"]))
    assert "not good any more" in page.content.decode()


# ── signing in and out ──────────────────────────────────────────────────────


@pytest.mark.parametrize("login", ["marta", "MARTA", "marta@example.org", "Marta@Example.Org", " marta "])
def test_signing_in_works_by_either_name(client, marta, login):
    answer = sign_in(client, login)
    assert answer.status_code == 302 and answer["Location"] == "/dashboard/" and signed_in(client)


def test_wrong_password_and_unknown_person_read_the_same(client, marta):
    def body(login):
        return re.sub(r'"[A-Za-z0-9]{64}"', "", sign_in(client, login, "wrong").content.decode()).replace(f'value="{login}"', "")

    assert body("marta") == body("nobody")
    assert body("marta@example.org") == body("nobody@example.org")


def test_signing_in_runs_one_hash_whoever_asks(client, marta, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    calls, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: (calls.append(1), encode(self, *args))[1])
    counts = []
    for login in ("marta", "nobody", "marta@example.org", "nobody@example.org"):
        calls.clear()
        sign_in(client, login, "wrong")
        counts.append(len(calls))
    assert counts == [1, 1, 1, 1]


def test_a_session_is_new_after_signing_in(client, marta):
    client.get(reverse("account_login"))
    client.session["left"] = "before"
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before


@pytest.mark.parametrize(("remember", "kept"), [("on", True), ("", False)])
def test_staying_signed_in_is_a_choice(client, marta, remember, kept):
    sign_in(client, remember=remember)
    assert bool(client.cookies["sessionid"]["max-age"]) is kept


def test_a_person_who_was_switched_off_is_told_so_after_the_right_password_only(client, marta):
    User.objects.update(is_active=False)
    assert sign_in(client)["Location"] == reverse("account_inactive")
    assert sign_in(client, password="wrong").status_code == 200 and not signed_in(client)


def test_failed_attempts_are_limited_per_account_on_page_and_api_together(client, api, marta, limits_on):
    for _ in range(3):
        sign_in(client, "marta", "wrong")
    for _ in range(2):
        api.post("/api/v1/auth/login", {"email": "marta@example.org", "password": "wrong"})
    assert "Too many failed" in sign_in(client).content.decode() and not signed_in(client)


def test_signing_out_needs_a_press_and_ends_the_session(client, marta):
    client.force_login(marta)
    assert client.get(reverse("account_logout")).status_code == 200 and signed_in(client)
    assert client.post(reverse("account_logout"))["Location"] == "/" and not signed_in(client)


def landing_of(where):
    """Scheme and host that a browser would go to: it drops tabs and line ends, reads \\ as /, and any number of slashes as two."""
    text = re.sub(r"[\t\r\n]", "", where).strip().replace("\\", "/")
    text = re.sub(r"^(https?):/*", r"\1://", text, flags=re.I)
    parts = urlsplit(urljoin("http://testserver/accounts/login/", re.sub(r"^/{2,}", "//", text)))
    return parts.scheme, parts.netloc


ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "ftp://evil.example",
    "file:///etc/passwd",
    "http://testserver@evil.example",
    "http://testserver:80@evil.example/",
    "http://testserver.evil.example",
    "http://evil.example#testserver",
    "http://evil.example?testserver",
    "http://evil.example\\testserver",
    "http://[::1]/",
    "http://localhost/",
    "http://127.0.0.1/",
    "http://testserver:8080/",
    "//testserver@evil.example",
    "https://evil。example",
    "//evil%E3%80%82example",
    "\x00//evil.example",
    "\u200b//evil.example",
    "http://0x7f000001/",
    "http:////evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_to_another_place(client, marta, target):
    assert landing_of(sign_in(client, next=target)["Location"]) == ("http", "testserver")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("name", ["account_signup", "account_logout", "account_reauthenticate"])
def test_next_is_judged_everywhere_alike(client, marta, name, target):
    data = {"next": target, "email": "new@example.org", "username": "", "password1": PASSWORD, "password": PASSWORD}
    if name != "account_signup":
        client.force_login(marta)
    assert landing_of(client.post(reverse(name), data)["Location"]) == ("http", "testserver")


def test_next_leads_to_a_page_of_ours(client, marta):
    assert sign_in(client, next="/settings/money/?a=1")["Location"] == "/settings/money/?a=1"


# ── passwords ───────────────────────────────────────────────────────────────


def test_asking_for_a_new_password_reads_the_same_for_every_address(client, marta):
    answers = [client.post(reverse("account_reset_password"), {"email": address}) for address in ("marta@example.org", "nobody@example.org")]
    assert [answer["Location"] for answer in answers] == [reverse("account_reset_password_done")] * 2
    assert {message.to[0] for message in mail.outbox} == {"marta@example.org", "nobody@example.org"}


def test_the_link_of_the_mail_sets_a_new_password_once_and_ends_tokens(client, marta):
    pair = tokens.issue(marta)
    client.post(reverse("account_reset_password"), {"email": "Marta@example.org"})
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0]
    answer = client.post(where, {"password1": "another plumb line", "password2": "another plumb line"})
    assert answer["Location"] == reverse("account_reset_password_from_key_done")
    assert sign_in(client, password="another plumb line")["Location"] == "/dashboard/"
    assert "not good any more" in client.get(link, follow=True).content.decode()
    with pytest.raises(BadToken):
        tokens.user_of_access(pair.access)
    assert AuditEntry.objects.filter(subject=marta.pk, action="password.reset").exists()


def test_changing_the_password_keeps_this_device_and_ends_the_others(client, marta):
    from django.test import Client

    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    data = {"oldpassword": PASSWORD, "password1": "another plumb line", "password2": "another plumb line"}
    assert client.post(reverse("account_change_password"), data)["Location"] == reverse("settings-security")
    assert client.get(reverse("settings-security")).status_code == 200
    assert elsewhere.get(reverse("settings-security")).status_code == 302


def test_changing_the_password_needs_the_present_one(client, marta):
    client.force_login(marta)
    data = {"oldpassword": "wrong", "password1": "another plumb line", "password2": "another plumb line"}
    assert client.post(reverse("account_change_password"), data).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


def test_another_address_takes_over_when_it_is_confirmed(client):
    sign_up(client)
    client.post(link_in(mail.outbox[0]))
    mail.outbox.clear()
    client.post(reverse("account_email"), {"email": "second@example.org", "action_add": ""})
    assert User.objects.get().email == "new@example.org"
    assert "Takes over once it is confirmed" in client.get(reverse("account_email")).content.decode()
    client.post(link_in(next(message for message in mail.outbox if message.to == ["second@example.org"])))
    assert User.objects.get().email == "second@example.org"
    client.logout()
    assert sign_in(client, "second@example.org")["Location"] == "/dashboard/"


# ── every page is ours ──────────────────────────────────────────────────────


PLACES = [
    "account_login", "account_signup", "account_logout", "account_inactive", "account_email_verification_sent", "account_change_password",
    "account_set_password", "account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done", "account_email",
    "account_reauthenticate", "account_confirm_login_code",
]  # fmt: skip


def test_the_list_of_pages_is_all_that_can_be_reached():
    from allauth.account import urls

    names = {pattern.name for pattern in urls.urlpatterns}
    assert names - {"account_confirm_email", "account_reset_password_from_key"} == set(PLACES)


@pytest.mark.parametrize("state", ["anonymous", "signed in", "no password"])
@pytest.mark.parametrize("name", PLACES)
def test_each_page_of_the_sign_in_family_is_one_of_ours(client, marta, name, state):
    if state != "anonymous":
        if state == "no password":
            marta.set_unusable_password()
            marta.save()
        client.force_login(marta)
    answer = client.get(reverse(name))
    assert answer.status_code in {200, 302, 403}  # 403: nothing to ask a person for who has no password
    for template in answer.templates:
        origin = getattr(template.origin, "name", "")
        if "site-packages" in origin:
            assert "allauth" not in origin or "/snippets/" in origin, origin
    if answer.status_code == 200:
        words = answer.content.decode()
        assert "data-theme" in words or "data-density" in words
        assert not re.search(r"\sstyle=|\son\w+=\"|<script>", words) and "{#" not in words


def test_too_many_requests_is_a_page_of_ours(client, marta, limits_on, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    sign_in(client, password="wrong")
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 429 and "Too many attempts" in answer.content.decode()


# ── front page, first steps ─────────────────────────────────────────────────


def test_the_front_page_needs_nobody_and_its_figures_add_up(client, django_assert_num_queries):
    from accounts.templatetags.specimen import gain_in_parts

    with django_assert_num_queries(0):
        page = client.get("/")
    assert page.status_code == 200 and "Create an account" in page.content.decode()
    parts = gain_in_parts()
    assert parts["gain"] == parts["price_part"] + parts["currency_part"] + parts["fees"]
    assert parts["gain"] == parts["units"] * parts["price"] * parts["rate"] - parts["cost"]


def test_the_facts_of_the_front_page_are_true(client):
    from accounts.choices import CostMethod as OurMethods
    from portfolios.choices import CostMethod, TransactionKind

    facts = re.findall(r"<dt>(\d+)</dt><dd>([^<]+)", client.get("/").content.decode())
    assert (str(len(TransactionKind)), "kinds of transaction, from buys to splits") in facts
    assert (str(len(CostMethod)), "cost methods: average, and first in, first out") in facts
    assert OurMethods.values == CostMethod.values


def test_people_who_are_signed_in_go_on_to_their_dashboard(client, marta):
    client.force_login(marta)
    assert client.get("/")["Location"] == "/dashboard/"


def test_the_basics_can_be_changed_on_the_welcome_page(client, marta):
    client.force_login(marta)
    assert 'name="base_currency"' in client.get("/welcome/?change=1").content.decode()
    answer = client.post("/welcome/", {"base_currency": "CHF", "tax_residence": "CH", "cost_method": "average"})
    assert answer.status_code == 302
    page = client.get("/welcome/").content.decode()
    assert "Swiss Franc, Switzerland, average cost" in page and "Basics saved" in page


def test_basics_that_make_no_sense_come_back_with_the_form(client, marta):
    client.force_login(marta)
    answer = client.post("/welcome/", {"base_currency": "XXQ", "tax_residence": "CH", "cost_method": "average"})
    assert answer.status_code == 422 and 'name="base_currency"' in answer.content.decode()


def test_first_steps_can_be_left_for_good(client, marta):
    client.force_login(marta)
    assert client.post("/welcome/done/")["Location"] == "/dashboard/"
    assert Preferences.objects.get().welcome_done


# ── settings ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["settings", "settings-profile", "settings-display", "settings-money", "settings-security", "welcome"])
def test_settings_are_for_people_who_are_signed_in(client, name):
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login") + "?next=/")


@pytest.mark.parametrize("section", ["profile", "display", "money", "security"])
def test_each_section_is_a_page(client, marta, section):
    client.force_login(marta)
    page = client.get(reverse(f"settings-{section}"))
    assert page.status_code == 200 and 'aria-current="page"' in page.content.decode()


@pytest.mark.parametrize(
    ("section", "data", "kept"),
    [
        ("display", {"part": "look", "theme": "dark"}, {"theme": "dark", "trend": "standard", "density": "comfortable"}),
        ("display", {"part": "look", "trend": "safe"}, {"trend": "safe", "theme": "system"}),
        ("display", {"part": "look", "density": "compact"}, {"density": "compact"}),
        ("display", {"part": "format", "locale": "de-CH", "time_zone": "Europe/Zurich"}, {"locale": "de-CH", "time_zone": "Europe/Zurich"}),
        ("display", {"part": "behaviour", "hide_amounts": "on"}, {"hide_amounts": True, "flash_prices": False, "shortcuts": False}),
        (
            "money",
            {"part": "money", "base_currency": "USD", "cost_method": "fifo", "tax_residence": ""},
            {"base_currency": "USD", "cost_method": "fifo"},
        ),
    ],
)
def test_each_card_is_saved_by_itself_with_a_message(client, marta, section, data, kept):
    client.force_login(marta)
    answer = client.post(reverse(f"settings-{section}"), data, follow=True)
    assert answer.redirect_chain == [(reverse(f"settings-{section}"), 302)] and "saved" in answer.content.decode()
    stored = Preferences.objects.get()
    assert {name: getattr(stored, name) for name in kept} == kept
    assert AuditEntry.objects.filter(subject=marta.pk, action="preferences.changed").count() == 1


@pytest.mark.parametrize(
    ("section", "data"),
    [
        ("display", {"part": "look", "theme": "pink"}),
        ("display", {"part": "format", "locale": "xx-XX", "time_zone": "UTC"}),
        ("display", {"part": "format", "locale": "en-GB", "time_zone": "Mars/Base"}),
        ("money", {"base_currency": "EURO", "cost_method": "fifo"}),
        ("money", {"base_currency": "EUR", "cost_method": "hifo"}),
        ("money", {"base_currency": "EUR", "cost_method": "fifo", "tax_residence": "XX"}),
        ("money", {}),
    ],
)
def test_a_choice_that_is_none_is_422_and_changes_nothing(client, marta, section, data):
    client.force_login(marta)
    before = Preferences.objects.values().get()
    assert client.post(reverse(f"settings-{section}"), data).status_code == 422
    assert Preferences.objects.values().get() == before


def test_the_preview_speaks_the_locale_and_the_zone(client, marta, time_machine):
    update_preferences(marta, locale="de-DE", time_zone="Asia/Tokyo", base_currency="USD")
    client.force_login(marta)
    time_machine.move_to("2026-11-20T14:32:00+00:00", tick=False)
    page = client.get(reverse("settings-display")).content.decode()
    assert "1.234,50" in page and "23:32" in page


def test_the_profile_is_saved_or_says_why_not(client, marta):
    User.objects.create_user("taken", "taken@example.org", PASSWORD)
    client.force_login(marta)
    assert client.post(reverse("settings-profile"), {"name": "Marta K", "username": "MK"}).status_code == 302
    assert User.objects.filter(username="mk", first_name="Marta K").exists()
    for username in ("Taken", "a@b", "", "x" * 61):
        answer = client.post(reverse("settings-profile"), {"name": "x", "username": username})
        assert answer.status_code == 422
    assert User.objects.get(pk=marta.pk).username == "mk" and User.objects.get(pk=marta.pk).first_name == "Marta K"


# ── the toggles of the top bar ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value", "kept"), [("theme", "dark", "dark"), ("theme", "light", "light"), ("hide_amounts", "on", True), ("hide_amounts", "off", False)]
)
def test_scripts_set_a_toggle_and_get_204(client, marta, name, value, kept):
    client.force_login(marta)
    answer = client.post(reverse("preferences-toggle"), {"name": name, "value": value}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and getattr(Preferences.objects.get(), name) == kept


def test_without_script_a_toggle_switches_and_leads_back(client, marta):
    client.force_login(marta)
    for kept in (True, False):
        answer = client.post(reverse("preferences-toggle"), {"name": "hide_amounts"}, headers={"Referer": "http://testserver/settings/money/"})
        assert answer["Location"] == "http://testserver/settings/money/" and Preferences.objects.get().hide_amounts is kept


@pytest.mark.parametrize("referer", ["", "https://evil.example/", "javascript:x", "//evil.example"])
def test_a_toggle_never_leads_elsewhere(client, marta, referer):
    client.force_login(marta)
    assert client.post(reverse("preferences-toggle"), {"name": "theme"}, headers={"Referer": referer})["Location"] == "/"


@pytest.mark.parametrize("data", [{}, {"name": "base_currency", "value": "USD"}, {"name": "welcome_done"}, {"name": "is_staff", "value": "1"}])
def test_nothing_else_can_be_toggled(client, marta, data):
    client.force_login(marta)
    assert client.post(reverse("preferences-toggle"), data).status_code == 400


def test_before_signing_in_the_theme_is_kept_in_a_cookie(client):
    client.post(reverse("preferences-toggle"), {"name": "theme", "value": "dark"})
    assert client.cookies["theme"].value == "dark" and 'data-theme="dark"' in client.get("/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "<script>" not in client.get("/").content.decode()


def test_the_toggle_needs_its_csrf_token(marta):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(marta)
    assert strict.post(reverse("preferences-toggle"), {"name": "theme"}).status_code == 403


# ── preferences of a request ────────────────────────────────────────────────


def test_a_request_runs_in_the_zone_of_its_person_and_leaves_none_behind(client, marta):
    update_preferences(marta, time_zone="Asia/Tokyo", locale="de-DE")
    client.force_login(marta)
    client.get(reverse("settings-display"))
    from portfolio_site.web import writing

    assert timezone.get_current_timezone_name() == "UTC" and writing.locale() == "en-GB" and not writing.amounts_hidden()


def test_a_page_reads_session_person_and_preferences_in_two_queries(client, marta, django_assert_num_queries):
    client.force_login(marta)
    with django_assert_num_queries(2):
        assert client.get(reverse("settings-money")).status_code == 200


def test_preferences_of_nobody_and_of_a_person_without_a_row_are_the_defaults(marta):
    from django.contrib.auth.models import AnonymousUser

    Preferences.objects.all().delete()
    assert preferences_of(AnonymousUser()).base_currency == "EUR"
    bare = User.objects.get(pk=marta.pk)
    assert preferences_of(bare).time_zone == "UTC"
    update_preferences(bare, theme="dark")
    assert Preferences.objects.get().theme == "dark"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("de-DE,de;q=0.9", ("de-DE", "EUR", "DE", "fifo")),
        ("de", ("de-DE", "EUR", "", "average")),
        ("en-US", ("en-US", "USD", "US", "fifo")),
        ("pl-PL,pl", ("pl-PL", "PLN", "PL", "fifo")),
        ("gsw-CH, de-CH;q=0.8", ("de-CH", "CHF", "CH", "average")),
        ("ko-KR,ko", ("en-GB", "KRW", "KR", "average")),
        ("", ("en-GB", "EUR", "", "average")),
        ("*", ("en-GB", "EUR", "", "average")),
        ("x" * 5000, ("en-GB", "EUR", "", "average")),
        ("../../etc", ("en-GB", "EUR", "", "average")),
    ],
)
def test_basics_are_guessed_from_what_the_browser_says(header, expected):
    from accounts.guesses import guess_basics

    basics = guess_basics(header)
    assert (basics.locale, basics.base_currency, basics.tax_residence, basics.cost_method) == expected


def test_the_audit_carries_the_id_that_the_answer_names(client, marta):
    answer = sign_in(client)
    assert AuditEntry.objects.get(action="session.started").request_id == answer["X-Request-Id"]
    answer = client.post(reverse("preferences-toggle"), {"name": "theme"}, headers={"X-Request-Id": "from-the-proxy-1"})
    assert AuditEntry.objects.get(action="preferences.changed").request_id == answer["X-Request-Id"] == "from-the-proxy-1"


# ── admin ───────────────────────────────────────────────────────────────────


def test_the_admin_sends_people_to_the_sites_own_sign_in(client):
    answer = client.get("/admin/login/?next=/admin/", follow=False)
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    assert client.get("/admin/").status_code == 302


def test_the_admin_is_closed_to_people_who_are_no_staff(client, marta):
    client.force_login(marta)
    assert client.get("/admin/login/").status_code == 403


def test_staff_see_people_and_the_audit_and_cannot_write_the_audit(client, db):
    boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
    client.force_login(boss)
    entry = AuditEntry.objects.filter(subject=boss.pk).first()
    assert entry is not None
    for name in ("accounts_user", "accounts_auditentry", "accounts_refreshtoken", "django_celery_beat_periodictask"):
        page = client.get(reverse(f"admin:{name}_changelist"))
        assert page.status_code == 200 and "css/admin.css" in page.content.decode()
    assert client.get(reverse("admin:accounts_user_change", args=[boss.pk])).status_code == 200
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200
    assert client.get(reverse("admin:accounts_auditentry_change", args=[entry.pk])).status_code == 200
    assert client.post(reverse("admin:accounts_auditentry_change", args=[entry.pk]), {"action": "x"}).status_code == 403
    assert client.post(reverse("admin:accounts_auditentry_delete", args=[entry.pk])).status_code == 403
    assert client.get(reverse("admin:accounts_auditentry_add")).status_code == 403


def test_an_administrator_can_make_a_person(client, db):
    client.force_login(User.objects.create_superuser("boss", "boss@example.org", PASSWORD))
    data = {"username": "made", "email": "made@example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(reverse("admin:accounts_user_add"), data)
    assert answer.status_code == 302, SimpleNamespace(errors=answer.context and answer.context["errors"])
    assert Preferences.objects.filter(user__username="made").exists()
