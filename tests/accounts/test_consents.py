"""What people agreed to: written down as it is said, never changed, taken back with one press; and the signal of a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.consents.selectors import consents_of
from accounts.consents.services import record_consent, withdraw_consent
from accounts.consents.texts import TEXTS, Purpose, Source
from accounts.data_rights import registry
from accounts.errors import CannotWithdraw
from accounts.models import Consent, Preferences
from accounts.selectors import audit_is_append_only
from accounts.services import register, update_preferences
from alerts.devices.services import add_device, remove_device, remove_phone
from alerts.models import NotificationSettings, Phone, PushDevice
from alerts.outbox.services import save_settings, unsubscribe
from alerts.outbox.unsubscribing import Wish
from alerts.services import create_rule
from tests import factories

pytestmark = pytest.mark.django_db

# The digest of each text that was ever shown.  A text that changes gets another version and a line here; these lines stay.
SHOWN = {
    ("terms", "1"): "eb6ab2f5cf8e2d033c28cf3cb6875cfa289c60ac1e21334b3def39fe1997590c",
    ("alert_mail", "1"): "a812216ba7904935ac044590d3f76bb014e16582a493bd2673147d6cbe5a20ee",
    ("alert_push", "1"): "46f401cdd3dda7656a597d4355e1e8666075388324e54c62aabc54de28f41186",
    ("alert_text", "1"): "b56cb9dac7c32097f1803ffa059800d9248144d0885fe29b50896f5ee73ac46f",
    ("peers", "1"): "4522ac9132381fb929188b98126bd098a4043a3c52dc7b046cffce92d28bda10",
    ("sale", "1"): "819d53bb00d10bf3769230b516ce86c0b2a7cc233fc47f0ccbe9262c1c278ed2",
}


def said(person: Any, purpose: Purpose) -> list[tuple[bool, str]]:
    return list(Consent.objects.filter(person=person.pk, purpose=purpose).order_by("pk").values_list("given", "source"))


def test_a_text_that_changes_has_another_version() -> None:
    assert {(purpose.value, text.version): text.digest for purpose, text in TEXTS.items()}.items() <= SHOWN.items()
    assert set(TEXTS) == set(Purpose)


def test_signing_up_says_what_one_agrees_to_and_writes_it_down(client: Client) -> None:
    assert TEXTS[Purpose.TERMS].words in client.get("/accounts/signup/").content.decode()
    form = {"email": "new@example.org", "username": "newcomer", "password1": factories.PASSWORD, "time_zone": "UTC"}
    client.post("/accounts/signup/", form)
    person = get_user_model().objects.get(username="newcomer")
    word = Consent.objects.get(person=person.pk)
    assert (word.purpose, word.given, word.version, word.source) == ("terms", True, "1", "sign_up")
    assert word.digest == TEXTS[Purpose.TERMS].digest
    by_call = register(email="other@example.org", username="other", password=factories.PASSWORD)
    assert said(by_call, Purpose.TERMS) == [(True, "api")]


def test_the_database_refuses_to_change_and_to_delete_a_word(person: Any) -> None:
    record_consent(person.pk, Purpose.TERMS, given=True, source=Source.SIGN_UP)
    assert audit_is_append_only()
    for statement in ("UPDATE accounts_consent SET given = NOT given", "DELETE FROM accounts_consent"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Consent.objects.get().given


def test_a_word_that_holds_already_is_not_written_again_and_one_for_a_new_text_is(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not record_consent(person.pk, Purpose.PEERS, given=False, source=Source.SETTINGS)  # nothing was given
    assert record_consent(person.pk, Purpose.PEERS, given=True, source=Source.SETTINGS)
    assert not record_consent(person.pk, Purpose.PEERS, given=True, source=Source.SETTINGS)
    monkeypatch.setitem(TEXTS, Purpose.PEERS, type(TEXTS[Purpose.PEERS])("2", "Another text."))
    assert record_consent(person.pk, Purpose.PEERS, given=True, source=Source.SETTINGS)
    assert list(Consent.objects.order_by("pk").values_list("version", flat=True)) == ["1", "2"]


def test_nothing_optional_is_given_by_making_an_account(person: Any) -> None:
    assert not person.preferences.peer_comparison
    assert not any(one.is_on for one in consents_of(person).standing if one.optional)


def test_comparison_with_others_is_written_down_and_taken_back(person: Any) -> None:
    update_preferences(person, peer_comparison=True)
    withdraw_consent(person, "peers")
    person.preferences.refresh_from_db()
    assert not person.preferences.peer_comparison and said(person, Purpose.PEERS) == [(True, "settings"), (False, "settings")]


def test_the_first_alert_agrees_to_mails_and_the_link_in_a_mail_takes_it_back(person: Any) -> None:
    one = factories.make_instrument("ONE", price="10")
    create_rule(person, instrument=one, kind="price_above", threshold=factories.D(20))
    create_rule(person, instrument=one, kind="price_above", threshold=factories.D(30))
    unsubscribe(Wish(person.pk, ""))
    create_rule(person, instrument=one, kind="price_above", threshold=factories.D(40))  # what was taken back stays so
    assert said(person, Purpose.ALERT_MAIL) == [(True, "alert"), (False, "mail")]
    save_settings(person, wanted={"price": ["email"]}, email_pace="each", digest_hour=8, quiet_from=None, quiet_until=None)
    assert said(person, Purpose.ALERT_MAIL)[-1] == (True, "settings")
    withdraw_consent(person, "alert_mail")
    found = NotificationSettings.objects.get(owner=person)
    assert not found.wants("price", "email") and said(person, Purpose.ALERT_MAIL)[-1] == (False, "settings")


def test_whoever_switched_mails_off_before_agrees_to_none_with_an_alert(person: Any) -> None:
    from alerts.outbox.choices import Family

    NotificationSettings.objects.create(owner=person, unwanted=[f"{family}:email" for family in Family.values])
    create_rule(person, instrument=factories.make_instrument("ONE", price="10"), kind="price_above", threshold=factories.D(20))
    assert said(person, Purpose.ALERT_MAIL) == []


def test_browsers_are_agreed_to_and_withdrawal_removes_them_all(person: Any, settings: Any) -> None:
    settings.VAPID_KEY = b"k" * 32
    for name in ("One", "Two"):
        add_device(person, endpoint=f"https://push.example.org/{name}", p256dh="p" * 40, auth="a" * 20, name=name)
    remove_device(person, PushDevice.objects.filter(owner=person).latest("pk"))
    assert said(person, Purpose.ALERT_PUSH) == [(True, "settings")]
    withdraw_consent(person, "alert_push")
    assert not PushDevice.objects.exists() and said(person, Purpose.ALERT_PUSH) == [(True, "settings"), (False, "settings")]


@pytest.mark.parametrize("name", ["terms", "sale", "nothing", ""])
def test_what_cannot_be_taken_back_by_itself_says_what_to_do(person: Any, name: str) -> None:
    with pytest.raises(CannotWithdraw, match="Erasing the account"):
        withdraw_consent(person, name)


def test_the_page_shows_each_word_and_takes_one_back(client: Client, person: Any, stranger: Any, django_assert_max_num_queries: Any) -> None:
    update_preferences(person, peer_comparison=True)
    record_consent(person.pk, Purpose.TERMS, given=True, source=Source.SIGN_UP)
    client.force_login(person)
    with django_assert_max_num_queries(9):  # four of them ask for what is on without a word
        page = client.get("/settings/data/consents/").content.decode()
    assert "Comparison with others" in page and "version 1" in page and page.count('name="purpose"') == 1
    client.post("/settings/data/consents/withdraw/", {"purpose": "peers"})
    assert [given for given, _ in said(person, Purpose.PEERS)] == [True, False]
    assert client.post("/settings/data/consents/withdraw/", {"purpose": "terms"}).status_code == 409
    client.force_login(stranger)
    assert "agreed</td>" not in client.get("/settings/data/consents/").content.decode()


def on_before(person: Any) -> None:
    """Everything is on, and no word of it stands: it was switched on before words were kept."""
    Preferences.objects.filter(user=person).update(peer_comparison=True)
    for name in ("One", "Two"):
        PushDevice.objects.create(owner=person, fingerprint=name, subscription={}, name=name)
    Phone.objects.create(owner=person, number="+4915112345678", verified_at=timezone.now())
    create_rule(person, instrument=factories.make_instrument("ONE", price="10"), kind="price_above", threshold=factories.D(20))
    assert not Consent.objects.filter(person=person.pk).exists()


@pytest.fixture
def no_words_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.services.rules.note_alert", lambda owner: None)


def test_what_was_on_before_words_were_kept_is_told_and_taken_back(client: Client, person: Any, no_words_yet: None) -> None:
    on_before(person)
    client.force_login(person)
    page = client.get("/settings/data/consents/").content.decode()
    assert page.count("On since before this was written down.") == 5 and "Not asked for." not in page  # four, and the privacy text
    optional = ["peers", "alert_mail", "alert_push", "alert_text"]
    assert page.count('name="purpose"') == len(optional) and "Erase the account" in page
    for name in optional:
        client.post("/settings/data/consents/withdraw/", {"purpose": name})
        assert said(person, Purpose(name)) == [(False, "settings")]
    page = client.get("/settings/data/consents/").content.decode()
    assert page.count("Taken back") == len(optional) and 'name="purpose"' not in page
    assert not PushDevice.objects.exists() and not Phone.objects.exists()


def test_switching_it_off_where_it_is_set_takes_it_back_too(person: Any, no_words_yet: None) -> None:
    on_before(person)
    update_preferences(person, peer_comparison=False)
    unsubscribe(Wish(person.pk, ""))
    remove_phone(person)
    for device in PushDevice.objects.filter(owner=person):
        remove_device(person, device)
    for purpose in (Purpose.PEERS, Purpose.ALERT_TEXT, Purpose.ALERT_PUSH):
        assert said(person, purpose) == [(False, "settings")]
    assert said(person, Purpose.ALERT_MAIL) == [(False, "mail")]


def test_what_was_off_has_nothing_to_take_back(person: Any) -> None:
    for name in ("peers", "alert_mail", "alert_push", "alert_text"):
        withdraw_consent(person, name)
    assert not Consent.objects.exists()


def test_words_are_in_the_export_and_stay_after_an_erasure_with_a_reason(person: Any) -> None:
    record_consent(person.pk, Purpose.TERMS, given=True, source=Source.SIGN_UP)
    assert registry.belonging_to(Consent, person.pk).count() == 1
    fates = {name: registry.fate_of(Consent, name) for name in ("id", "person", "purpose", "given", "version", "digest", "source", "at")}
    assert all(fate is not None and fate.exported and fate.end == "keep" and fate.reason for fate in fates.values())


# ── Global Privacy Control ──────────────────────────────────────────────────


def test_the_signal_of_a_browser_is_written_down_once_as_an_objection(client: Client, person: Any) -> None:
    client.force_login(person)
    client.get("/settings/data/consents/")
    assert said(person, Purpose.SALE) == []
    for _ in range(3):
        client.get("/settings/data/consents/", headers={"Sec-GPC": "1"})
    again = Client()
    again.force_login(person)
    again.get("/settings/data/", headers={"Sec-GPC": "1"})
    assert said(person, Purpose.SALE) == [(False, "browser")]
    assert "written down" in client.get("/settings/data/consents/").content.decode() and consents_of(person).objected_at is not None


@pytest.mark.parametrize("sent", ["0", "", "true", "11"])
def test_what_is_no_signal_changes_nothing(client: Client, person: Any, sent: str) -> None:
    client.force_login(person)
    client.get("/settings/data/", headers={"Sec-GPC": sent})
    assert said(person, Purpose.SALE) == []


def test_the_privacy_page_tells_whether_the_signal_arrives_and_sets_no_cookie(client: Client) -> None:
    with_signal, without = client.get("/privacy/", headers={"Sec-GPC": "1"}), client.get("/privacy/")
    assert "Your browser sends" in with_signal.content.decode() and "Yours does not send it" in without.content.decode()
    assert "California Consumer Privacy Act" in without.content.decode() and "Sec-GPC" in without["Vary"]
    assert not with_signal.cookies and not Consent.objects.exists()


def test_programs_read_that_the_signal_is_honoured(client: Client) -> None:
    answer = client.get("/.well-known/gpc.json")
    assert answer["Content-Type"] == "application/json"
    told = json.loads(answer.content)
    assert told["gpc"] is True and len(told["lastUpdate"]) == 10
