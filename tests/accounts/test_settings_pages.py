"""Front page, first steps, settings, and what preferences do to a request."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Preferences
from accounts.selectors import preferences_of
from accounts.services import update_preferences
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import sign_in

User = get_user_model()
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]


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
    assert (str(len(TransactionKind)), "kinds of transaction, from buys to mergers") in facts
    assert (str(len(CostMethod)), "cost methods, from average to UK share matching") in facts
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


@pytest.mark.parametrize(
    "name", ["settings", "settings-profile", "settings-display", "settings-money", "settings-security", "settings-log", "welcome"]
)
def test_settings_are_for_people_who_are_signed_in(client, name):
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login") + "?next=/")


@pytest.mark.parametrize("section", ["profile", "display", "money", "security", "log"])
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
        ("money", {"base_currency": "EUR", "cost_method": "luck"}),
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
