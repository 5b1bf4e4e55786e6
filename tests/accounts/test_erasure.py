"""Being erased: shown and confirmed first, taken back within a week, then complete, whatever is killed on the way."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tasks
from accounts.data_rights import erase_list, erasing, registry
from accounts.errors import CannotErase, NothingScheduled
from accounts.models import AuditEntry, Erasure, IdempotencyKey, User
from accounts.selectors import verify_chain
from accounts.services import register, update_profile
from alerts.models import Firing
from alerts.services import create_rule
from market.services import PartDraft, PriceRow, classify, create_blend, create_watchlist, mute_publisher, set_own_prices
from portfolio_site.web.personal import Blocker, End
from portfolios.imports.services import start_import
from portfolios.models import Transaction
from portfolios.services import edit_transaction
from tests import factories
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import sign_in, sign_up
from tests.factories import D

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]


@pytest.fixture(autouse=True)
def own_list(settings: Any, tmp_path: Path) -> Path:
    settings.ERASE_LIST = tmp_path / "erased.list"
    return settings.ERASE_LIST


class Canaries:
    """Words that stand nowhere else, each used once."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self) -> str:
        self.words.append(f"canary{len(self.words):03}x")
        return self.words[-1]


def confirm_address(user: User) -> None:
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})


def furnished(word: Canaries, stranger: User) -> User:
    """A person with something in each corner, a canary in every text of it."""
    user = register(email=f"{word()}@example.org", username=word(), password=PASSWORD)
    update_profile(user, name=word())
    confirm_address(user)
    _ledger(user, word)
    own = factories.make_instrument(word().upper(), owner=user, exchange="", name=word())
    set_own_prices(user, own, [PriceRow(day=timezone.localdate(), close=D(7))])
    create_watchlist(user, name=word(), instruments=[own])
    create_blend(user, name=word(), currency="EUR", parts=[PartDraft(own, D(1))])
    classify(user, own, industry=word(), sector="Technology")
    mute_publisher(user, word())
    rule = create_rule(user, instrument=own, kind="price_above", threshold=D(9), note=word())
    Firing.objects.create(rule=rule, event_key=word(), sentence=word(), fired_at=timezone.now())
    IdempotencyKey.objects.create(user=user, key=word(), fingerprint="f", status=201, body=word().encode())
    browser = Client(headers={"user-agent": word()})
    sign_in(browser, user.username)
    browser.get("/settings/profile/")
    cache.set(f"search:{user.pk}:1", word())
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=stranger, content_type=kind, object_id=str(user.pk), object_repr=user.username, change_message=word(), action_flag=CHANGE
    )
    return user


def _ledger(user: User, word: Canaries) -> None:
    portfolio = factories.make_portfolio(user, name=word(), description=word())
    for number in range(12):
        said = {"notes": word(), "external_id": word(), "reference": word(), "tags": (word(),)}
        entry = factories.record(portfolio, "deposit", f"2024-01-{number + 2:02}", amount="1000", **said)
    edit_transaction(user, entry, notes=word())
    table = f"Date,Type,Amount,Currency,Notes\n2024-02-02,deposit,5,EUR,{word()}\n".encode()
    start_import(user, portfolio, file_name=f"{word()}.csv", content=table)


def everything() -> str:
    """All that is stored, as it lies there and opened: every table, every sealed value, the cache."""
    told = io.StringIO()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            told.write(repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor.fetchall()]))
    for model in apps.get_models():
        for row in model._default_manager.all():
            told.write(repr([getattr(row, field.attname) for field in model._meta.local_fields]))
    held = getattr(cache, "_cache", {})
    if isinstance(held, dict):
        told.write(repr(list(held.items())))
    else:
        client = held.get_client()
        told.write(repr([(key, client.get(key)) for key in client.scan_iter() if client.type(key) == b"string"]))
    return told.getvalue()


def rows_of(person: User) -> str:
    """A checksum of everything that is somebody's."""
    rows = [
        (model._meta.label, [[str(getattr(row, field.attname)) for field in model._meta.local_fields] for row in found.order_by("pk")])
        for model, _ in registry.personal_models()
        if (found := registry.belonging_to(model, person.pk).distinct())
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def after_the_week(user: User) -> Erasure:
    erasure = erasing.schedule_erasure(user, typed=user.username)
    Erasure.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    return erasure


def test_sixty_traces_of_a_person_are_gone_and_nobody_elses_row_has_changed(
    stranger: User, settings: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    word, others = Canaries(), Canaries()
    others.words += [f"other{n}" for n in range(500)]  # words of their own
    other = furnished(others, stranger)
    user = furnished(word, stranger)
    address, pk = user.email, user.pk
    before = everything()
    assert len(word.words) >= 60 and [one for one in word.words if one not in before.lower()] == []
    untouched = rows_of(other)
    erasure = after_the_week(user)
    mail.outbox.clear()
    caplog.clear()
    capfd.readouterr()
    with caplog.at_level(logging.DEBUG):
        tasks.sweep_data_rights()
    erasure.refresh_from_db()
    assert erasure.status == "done" and erasure.address is None
    after = everything().lower()
    assert [one for one in word.words if one in after] == []
    said, logged = capfd.readouterr(), caplog.text.lower()
    assert [one for one in word.words if one in logged or one in (said.out + said.err).lower()] == []
    (last,) = mail.outbox
    assert last.to == [address] and "was erased" in last.subject
    assert [one for one in word.words if one in (last.subject + last.body).lower()] == []
    files = [path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*") if path.is_file() and path.stat().st_size < 10**7]
    assert [one for one in word.words for content in [*files, settings.ERASE_LIST.read_bytes()] if one.encode() in content] == []
    assert rows_of(other) == untouched
    for model, said_of in registry.personal_models():
        left = registry.belonging_to(model, pk).count()
        ends = {fate.end for fate in [*said_of.fates.values(), *([said_of.whole] if said_of.whole else [])]}
        assert not left or ends & {End.KEEP}, f"{model._meta.label}: {left} rows left"
    assert verify_chain(pk).whole and verify_chain(other.pk).whole


def test_whichever_step_is_killed_the_end_is_the_same(stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    word = Canaries()
    user = furnished(word, stranger)
    erasure = after_the_week(user)
    names = [name for name, _ in erasing.steps_of(erasure)]
    plain = erasing.steps_of

    def dying_at(place: int) -> Any:
        def steps(one: Erasure) -> Iterator[Any]:
            for number, (name, work) in enumerate(plain(one)):
                yield name, (work if number != place else _dies(work))

        return steps

    def _dies(work: Any) -> Any:
        def half(person: int) -> None:
            work(person)
            raise KeyboardInterrupt  # its transaction is not committed

        return half

    for place in range(len(names)):
        monkeypatch.setattr(erasing, "steps_of", dying_at(place))
        with pytest.raises(KeyboardInterrupt):
            erasing.run_erasure(erasure.pk)
        assert not erasing.run_erasure(erasure.pk), "its lease is fresh"
        Erasure.objects.update(touched_at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr(erasing, "steps_of", plain)
    monkeypatch.setattr(erasing, "record_audit", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        erasing.run_erasure(erasure.pk)
    monkeypatch.undo()
    assert User.objects.filter(pk=user.pk).exists(), "the account and the proof are one"
    Erasure.objects.update(touched_at=timezone.now() - timedelta(hours=1))
    assert erasing.due_erasures(timezone.now()) == [erasure.pk]
    tasks.sweep_data_rights()
    after = everything().lower()
    assert [one for one in word.words if one in after] == []
    assert AuditEntry.objects.filter(subject=user.pk, action="data.erased").count() == 1
    assert not erasing.run_erasure(erasure.pk), "done is done"


def test_the_last_mail_is_not_lost_with_the_process_that_was_to_send_it(marta: User, monkeypatch: pytest.MonkeyPatch) -> None:
    confirm_address(marta)
    erasure = after_the_week(marta)
    mail.outbox.clear()

    def killed(_: int) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(erasing, "tell_of_end", killed)
    with pytest.raises(KeyboardInterrupt):
        erasing.run_erasure(erasure.pk)
    monkeypatch.undo()
    assert not User.objects.filter(pk=marta.pk).exists() and mail.outbox == []
    for _ in range(2):
        tasks.sweep_data_rights()
    (last,) = mail.outbox
    assert last.to == ["marta@example.org"] and last.extra_headers["Message-ID"].endswith(">")
    assert Erasure.objects.get().address is None and erasing.untold() == []


def test_a_mail_server_that_is_away_is_tried_again_for_a_day(marta: User, settings: Any, time_machine: Any) -> None:
    confirm_address(marta)
    erasure, now = after_the_week(marta), timezone.now()
    time_machine.move_to(now, tick=False)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9
    assert erasing.run_erasure(erasure.pk) and Erasure.objects.get().address == "marta@example.org"
    assert erasing.untold() == [], "not at once again"
    time_machine.move_to(now + timedelta(minutes=16), tick=False)
    assert not erasing.tell_of_end(erasure.pk) and Erasure.objects.get().address is not None
    time_machine.move_to(now + timedelta(days=1, minutes=1), tick=False)
    tasks.sweep_data_rights()
    assert Erasure.objects.get().address is None and Erasure.objects.get().status == "done"


def test_the_page_says_what_goes_and_stays_asks_for_password_and_name_and_can_be_taken_back(client: Any, marta: User) -> None:
    confirm_address(marta)
    client.force_login(marta)
    page = client.get(reverse("settings-erase")).content.decode()
    assert "Entries of ledgers, with all earlier versions" in page
    assert "what was done must stay provable" in page and "thirteen months after it was done" in page
    asks = client.post(reverse("settings-erase"), {"confirm": "marta"})
    assert asks.status_code == 302 and asks["Location"].startswith(reverse("account_reauthenticate")) and not Erasure.objects.exists()
    done = client.post(asks["Location"], {"password": PASSWORD})
    assert done.status_code == 302 and Erasure.objects.get().status == "scheduled"
    assert Erasure.objects.get().due_at - Erasure.objects.get().asked_at == timedelta(days=7)
    assert [message.to for message in mail.outbox] == [[marta.email]] and "Keep my account" not in mail.outbox[0].subject
    anywhere = client.get("/settings/display/").content.decode()
    assert "This account will be erased after" in anywhere and "Keep my account" in anywhere
    client.post(reverse("erase-cancel"))
    assert Erasure.objects.get().status == "cancelled"
    assert "This account will be erased" not in client.get("/settings/display/").content.decode()
    assert "stays" in mail.outbox[-1].subject
    wrong = client.post(reverse("settings-erase"), {"confirm": "somebody"})
    assert wrong.status_code == 422 and "Type marta to confirm." in wrong.content.decode()


def test_the_api_schedules_and_cancels(marta: User) -> None:
    caller = APIClient()
    caller.force_authenticate(marta)
    assert caller.get("/api/v1/auth/erase").status_code == 404
    assert caller.post("/api/v1/auth/erase", {"confirm": "marta"}, format="json").json()["code"] == "confirm_again"
    assert caller.post("/api/v1/auth/erase", {"confirm": "x", "password": PASSWORD}, format="json").status_code == 422
    asked = caller.post("/api/v1/auth/erase", {"confirm": "marta", "password": PASSWORD}, format="json")
    assert asked.status_code == 202 and asked.json()["status"] == "scheduled" and asked.json()["stays"][0]["until"]
    assert caller.get("/api/v1/auth/erase").json() == asked.json()
    assert caller.delete("/api/v1/auth/erase").status_code == 204
    assert caller.delete("/api/v1/auth/erase").json()["code"] == "nothing_scheduled"


def test_nothing_happens_before_the_week_is_over_or_once_it_was_taken_back(marta: User, time_machine: Any) -> None:
    erasure = erasing.schedule_erasure(marta, typed="marta")
    time_machine.move_to(erasure.due_at - timedelta(seconds=1), tick=False)
    tasks.sweep_data_rights()
    assert User.objects.filter(pk=marta.pk).exists()
    erasing.cancel_erasure(marta)
    time_machine.move_to(erasure.due_at + timedelta(days=1), tick=False)
    tasks.sweep_data_rights()
    assert User.objects.get(pk=marta.pk).is_active
    with pytest.raises(NothingScheduled):
        erasing.cancel_erasure(marta)


def test_what_must_be_settled_first_is_said(client: Any, marta: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry.hooks(), "blockers", [lambda person: [Blocker("“Core” is shared. Hand it over or delete it.", (("There", "/portfolios/"),))]]
    )
    with pytest.raises(CannotErase, match="Hand it over"):
        erasing.schedule_erasure(marta, typed="marta")
    sign_in(client)
    page = client.get(reverse("settings-erase")).content.decode()
    assert "Hand it over or delete it." in page and "Erase my account" not in page


def test_nobody_comes_in_by_what_was_open(client: Any, marta: User) -> None:
    sign_in(client)
    tokens = APIClient().post("/api/v1/auth/login", {"username": "marta", "password": PASSWORD}, format="json").json()
    erasing.run_erasure(after_the_week(marta).pk)
    assert client.get("/settings/profile/").status_code == 302
    caller = APIClient()
    assert caller.get("/api/v1/auth/me", headers={"authorization": f"Bearer {tokens['access']}"}).status_code == 401
    assert caller.post("/api/v1/auth/refresh", {"refresh": tokens["refresh"]}, format="json").status_code == 401
    assert caller.post("/api/v1/auth/login", {"username": "marta", "password": PASSWORD}, format="json").status_code == 401


def test_who_signs_up_again_with_the_address_gets_nothing_old(client: Any, marta: User) -> None:
    portfolio = factories.make_portfolio(marta, name="Old")
    factories.record(portfolio, "deposit", "2024-01-02", amount="5")
    email = marta.email
    erasing.run_erasure(after_the_week(marta).pk)
    sign_up(client, email=email)
    again = User.objects.get(email=email)
    assert again.pk != marta.pk and not again.portfolios.exists() and not Transaction.objects.exists()
    assert set(AuditEntry.objects.filter(subject=again.pk).values_list("action", flat=True)) <= {"account.created", "session.started"}
    assert not EmailAddress.objects.get(user=again).verified


def test_a_backup_that_is_restored_is_erased_again_and_nobody_else(marta: User, stranger: User, own_list: Path) -> None:
    kept = {field.attname: getattr(marta, field.attname) for field in User._meta.local_fields}
    erasing.run_erasure(after_the_week(marta).pk)
    line = own_list.read_text()
    assert kept["email"] not in line and str(len(line.split())) == "2"
    Erasure.objects.all().delete()  # the backup is older than the request
    User(**kept).save(force_insert=True)
    call_command("reapply_erasures", verbosity=0)
    assert not User.objects.filter(pk=marta.pk).exists() and User.objects.filter(pk=stranger.pk).exists()
    newcomer = User(**{**kept, "date_joined": timezone.now(), "email": "new@example.org", "username": "new"})
    newcomer.save(force_insert=True)  # a number that is used again is another person
    call_command("reapply_erasures", verbosity=0)
    assert User.objects.filter(pk=marta.pk).exists()
    own_list.write_text(line + "cut short")
    assert erase_list.marks() == {line.split()[0]}
