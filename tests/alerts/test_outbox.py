"""The outbox: written with what fired, sent under one key, tried again, never lost, and as its person wants it."""

from __future__ import annotations

import smtplib
from contextlib import contextmanager
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone as clock

from alerts import services
from alerts.channels.base import Later, Never, Sent
from alerts.choices import RuleKind
from alerts.errors import CannotTest, NotReplayable
from alerts.models import Delivery, Firing, NotificationSettings
from alerts.outbox import digests, sending
from alerts.outbox import services as outbox
from alerts.outbox.choices import Family, State, family_of
from alerts.outbox.claims import claim, settle
from alerts.outbox.enqueuing import enqueue
from alerts.outbox.sending import deliver_due
from alerts.outbox.timing import MOST_ATTEMPTS, after_quiet, digest_due, wait_after
from tests import factories

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def confirmed(person):
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    return person


@pytest.fixture
def reader(person):
    return confirmed(person)


@pytest.fixture
def rule(reader):
    apple = factories.make_instrument("AAPL", currency="USD", price="95", name="Apple Inc")
    return services.create_rule(reader, instrument=apple, kind="price_above", threshold=factories.D(100), note="sell some")


def fire(rule, number=1):
    """A firing in the outbox, as the evaluation writes it."""
    firing = Firing.objects.create(
        rule=rule, event_key=f"rule:{rule.pk}:quote:1:{number}", sentence=f"AAPL rose to ${100 + number}.00.", fired_at=clock.now()
    )
    enqueue([firing])
    return firing


def at_once():
    """As if all that waits were due."""
    Delivery.objects.open().update(next_at=clock.now())
    return deliver_due("email")


@contextmanager
def answering(monkeypatch, *outcomes):
    """The channel answers these, one after another, and then that it was sent."""
    left = list(outcomes)

    class Fake:
        name = "email"
        seen: list = []

        @contextmanager
        def opened(self):
            yield self

        def send(self, delivery):
            self.seen.append(delivery.key)
            return left.pop(0) if left else Sent()

    fake = Fake()
    fake.seen = []
    monkeypatch.setitem(sending.WAYS, "email", fake)
    yield fake


# ── written with the firing ─────────────────────────────────────────────────


def test_a_firing_that_is_written_twice_is_in_the_outbox_once(rule):
    firing = fire(rule)
    enqueue([firing])
    (row,) = Delivery.objects.all()
    assert row.key == f"{firing.event_key}:email" and row.state == State.WAITING


def test_a_thousand_firings_of_two_people_cost_few_statements(rule, django_assert_max_num_queries):
    other = services.create_rule(confirmed(factories.make_person("otto")), instrument=rule.instrument, kind="price_above", threshold=factories.D(200))
    firings = [Firing(rule=one, event_key=f"{one.pk}:{n}", sentence="It rose.", fired_at=clock.now()) for n in range(500) for one in (rule, other)]
    Firing.objects.bulk_create(firings)
    with django_assert_max_num_queries(24):
        enqueue(firings)
    assert Delivery.objects.count() == 1000


def test_an_address_that_is_not_confirmed_gets_no_mail(rule):
    EmailAddress.objects.update(verified=False)
    fire(rule)
    assert not Delivery.objects.exists()


def test_an_alert_that_fires_is_mailed_once_with_its_key_as_message_id(rule, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        firing = fire(rule)
    deliver_due("email")
    (letter,) = mail.outbox
    assert letter.to == ["mia@example.org"] and letter.subject == "AAPL rose to $101.00."
    assert letter.extra_headers["Message-ID"] == f"<{firing.event_key.replace(':', '.')}.email@127.0.0.1>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = letter.alternatives[0][0]
    assert "sell some" in letter.body and "sell some" in html
    assert "<img" not in html and "src=" not in html
    row = Delivery.objects.get()
    assert row.state == State.SENT and row.attempts == 1 and row.next_at is None


# ── tried again ─────────────────────────────────────────────────────────────


def test_what_is_refused_for_now_waits_and_is_sent_under_the_same_key(rule, monkeypatch):
    fire(rule)
    with answering(monkeypatch, Later("busy", code=451), Later("gone", ambiguous=True)) as channel:
        at_once()
        row = Delivery.objects.get()
        assert row.state == State.WAITING and row.problem == "busy" and row.code == 451 and row.next_at > clock.now()
        at_once()
        assert Delivery.objects.get().state == State.UNKNOWN
        at_once()
    assert Delivery.objects.get().state == State.SENT
    assert len(channel.seen) == 3 and len(set(channel.seen)) == 1


def test_what_keeps_failing_is_parked_and_sent_again_by_hand(reader, rule, monkeypatch):
    fire(rule)
    with answering(monkeypatch, *[Later("busy")] * MOST_ATTEMPTS):
        for _ in range(MOST_ATTEMPTS):
            at_once()
        row = Delivery.objects.get()
        assert row.state == State.DEAD and row.attempts == MOST_ATTEMPTS
        outbox.replay(reader, row)
        deliver_due("email")
    assert Delivery.objects.get().state == State.SENT
    with pytest.raises(NotReplayable):
        outbox.replay(reader, row)


def test_a_refusal_for_good_is_parked_at_once(rule, monkeypatch):
    fire(rule)
    with answering(monkeypatch, Never("no such mailbox", code=550)):
        at_once()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.problem, row.code) == (State.DEAD, 1, "no such mailbox", 550)


def test_a_sender_that_died_leaves_a_row_that_is_due_when_its_lease_ends(rule):
    fire(rule)
    (held,) = claim("email", 10)
    assert claim("email", 10) == []
    Delivery.objects.update(next_at=clock.now())
    (again,) = claim("email", 10)
    assert settle(held, Sent()) is False
    assert settle(again, Sent()) is True


def test_a_way_that_is_blocked_is_tried_once_and_the_others_keep_their_attempts(rule, monkeypatch):
    for number in range(4):
        fire(rule, number)
    with answering(monkeypatch, Later("no answer", everywhere=True)) as channel:
        deliver_due("email")
    assert len(channel.seen) == 1
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (smtplib.SMTPServerDisconnected("gone"), Later("", ambiguous=True)),
        (TimeoutError("slow"), Later("", ambiguous=True)),
        (smtplib.SMTPDataError(451, b"later"), Later("", code=451)),
        (smtplib.SMTPDataError(554, b"no"), Never("", code=554)),
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"nobody")}), Never("", code=550)),
        (smtplib.SMTPRecipientsRefused({"a@b": (452, b"full")}), Later("", code=452)),
    ],
)
def test_only_an_answer_of_the_mail_server_says_that_it_did_not_take_the_mail(problem, expected):
    from alerts.channels.email import _refused

    found = _refused(problem)
    assert type(found) is type(expected) and found.code == expected.code
    assert getattr(found, "ambiguous", False) == getattr(expected, "ambiguous", False)


def test_waits_double_up_to_an_hour_are_drawn_and_obey_the_other_side():
    assert [wait_after(n, draw=1.0).total_seconds() for n in (1, 2, 3, 9, 40)] == [15, 30, 60, 3600, 3600]
    assert wait_after(5, draw=0.0).total_seconds() == 1
    assert wait_after(1, 120, draw=0.0).total_seconds() == 120


# ── as wanted ───────────────────────────────────────────────────────────────


def _save(person, **changes):
    defaults = {"wanted": {}, "email_pace": "each", "digest_hour": 8, "quiet_from": None, "quiet_until": None}
    return outbox.save_settings(person, **{**defaults, **changes})


def test_a_channel_that_is_switched_off_gets_nothing_also_what_waited(reader, rule):
    fire(rule)
    _save(reader, wanted={Family.PRICE: []})
    fire(rule, 2)
    at_once()
    assert [row.state for row in Delivery.objects.all()] == [State.DROPPED] and mail.outbox == []


UTC = timezone.utc


@pytest.mark.parametrize(
    ("moment", "start", "end", "expected"),
    [
        (datetime(2026, 7, 1, 20, 30, tzinfo=UTC), time(22), time(7), datetime(2026, 7, 2, 5, tzinfo=UTC)),
        (datetime(2026, 7, 2, 4, 59, tzinfo=UTC), time(22), time(7), datetime(2026, 7, 2, 5, tzinfo=UTC)),
        (datetime(2026, 7, 2, 5, 0, tzinfo=UTC), time(22), time(7), datetime(2026, 7, 2, 5, tzinfo=UTC)),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), time(12), time(14), datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), time(12), time(12), datetime(2026, 7, 1, 11, tzinfo=UTC)),
        # the night the clocks go back, and the night they go forward past the end
        (datetime(2026, 10, 24, 21, 0, tzinfo=UTC), time(22), time(7), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        (datetime(2027, 3, 27, 22, 0, tzinfo=UTC), time(22), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_are_of_the_persons_zone(moment, start, end, expected):
    assert after_quiet(moment, BERLIN, start, end) == expected


def test_what_fires_in_quiet_hours_waits_for_their_end(reader, rule, monkeypatch):
    now = clock.now()
    _save(
        reader,
        quiet_from=(now - timedelta(hours=1)).time().replace(microsecond=0),
        quiet_until=(now + timedelta(hours=1)).time().replace(microsecond=0),
    )
    fire(rule)
    row = Delivery.objects.get()
    assert timedelta(minutes=59) < row.next_at - now <= timedelta(hours=1)
    at_once()
    row.refresh_from_db()
    assert row.state == State.WAITING and row.attempts == 0 and row.next_at > clock.now() and mail.outbox == []
    _save(reader)
    at_once()
    assert len(mail.outbox) == 1


def test_a_digest_goes_out_at_the_hour_of_the_persons_zone():
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
    assert digest_due(now, BERLIN, weekly=False, hour=8) == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert digest_due(now, BERLIN, weekly=True, hour=8) == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert digest_due(datetime(2026, 3, 28, 8, 0, tzinfo=UTC), BERLIN, weekly=False, hour=8) == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_a_digest_is_one_mail_for_a_period_and_what_comes_late_goes_with_the_next(reader, rule, monkeypatch):
    _save(reader, email_pace="daily")
    for number in range(3):
        fire(rule, number)
    assert digests.gather() == [] and at_once() == {}
    Delivery.objects.update(next_at=clock.now() - timedelta(minutes=1))
    (made,) = digests.gather()
    with answering(monkeypatch, Later("busy", ambiguous=True)) as channel:
        at_once()
        fire(rule, 9)
        Delivery.objects.held_by(reader.pk).update(next_at=made.items.first().next_at)
        digests.gather()
        assert Delivery.objects.filter(key__startswith="digest:").count() == 1
        late = Delivery.objects.held_by(reader.pk).get()
        assert late.next_at > clock.now()
        at_once()
    assert channel.seen == [made.key, made.key]
    made.refresh_from_db()
    assert made.state == State.SENT and {one.state for one in made.items.all()} == {State.SENT} and made.items.count() == 3
    assert Delivery.objects.get(pk=late.pk).state == State.HELD


def test_the_mail_of_a_digest_holds_every_alert(reader, rule):
    _save(reader, email_pace="weekly")
    for number in range(3):
        fire(rule, number)
    Delivery.objects.update(next_at=clock.now())
    digests.gather()
    deliver_due("email")
    (letter,) = mail.outbox
    assert letter.subject == "3 alerts" and letter.body.count("AAPL rose to") == 3
    assert letter.extra_headers["Message-ID"].startswith(f"<digest.{reader.pk}.week.")


# ── the link that stops mails ───────────────────────────────────────────────


def test_one_click_of_a_mail_program_stops_the_mails_of_one_kind(rule):
    fire(rule)
    deliver_due("email")
    link = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    program = Client(enforce_csrf_checks=True)
    assert program.get(link).status_code == 200
    assert NotificationSettings.objects.count() == 0, "looking stops nothing"
    assert program.post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded").status_code == 200
    fire(rule, 2)
    assert Delivery.objects.count() == 1
    assert NotificationSettings.objects.get().unwanted == ["price:email"]
    assert program.post(link[:-3] + "x/").status_code == 404


# ── pages and API ───────────────────────────────────────────────────────────


def test_the_settings_say_which_kinds_go_where(signed_in, reader, rule):
    page = signed_in.get("/settings/notifications/").content.decode()
    assert "mia@example.org" in page
    wrong = signed_in.post("/settings/notifications/", {"email_pace": "each", "digest_hour": "8", "quiet_from": "22:00"})
    assert wrong.status_code == 422 and "Give both ends" in wrong.content.decode() and not NotificationSettings.objects.exists()
    signed_in.post("/settings/notifications/", {"email_pace": "daily", "digest_hour": "7", "news_email": "on"})
    kept = NotificationSettings.objects.get()
    assert kept.email_pace == "daily" and kept.wants("news", "email") and not kept.wants("price", "email")


def test_the_api_changes_what_is_named_and_keeps_the_rest(api, reader):
    url = "/api/v1/notifications/settings"
    assert api.get(url).json()["channels"]["price"] == ["email", "push", "sms"]
    told = api.patch(url, {"channels": {"news": []}, "quiet_from": "22:00", "quiet_until": "07:00"}).json()
    assert told["channels"]["news"] == [] and told["channels"]["price"] == ["email", "push", "sms"] and told["quiet_from"] == "22:00"
    assert api.patch(url, {"quiet_until": None}).status_code == 400
    assert api.patch(url, {"channels": {"weather": []}}).status_code == 400
    assert api.get(url).json() == told


def test_a_message_is_shown_as_it_goes_out_and_sent_again_where_it_failed(signed_in, reader, rule, monkeypatch):
    fire(rule)
    with answering(monkeypatch, Never("no such mailbox")):
        deliver_due("email")
    row = Delivery.objects.get()
    assert "1 not delivered" in signed_in.get("/settings/notifications/").content.decode()
    listed = signed_in.get("/settings/notifications/deliveries/?show=dead").content.decode()
    assert "AAPL rose to $101.00." in listed and "no such mailbox" in listed
    assert "Stop these mails" in signed_in.get(f"/settings/notifications/deliveries/{row.pk}/").content.decode()
    signed_in.post(f"/settings/notifications/deliveries/{row.pk}/replay/")
    assert Delivery.objects.get().state == State.WAITING


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_messages_costs_the_same_however_many(signed_in, rule, count, django_assert_max_num_queries):
    for number in range(count):
        fire(rule, number)
    with django_assert_max_num_queries(8):
        signed_in.get("/settings/notifications/deliveries/")


def test_a_test_of_an_alert_goes_to_its_channels_and_not_to_the_inbox(api, rule, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post(f"/api/v1/alerts/{rule.pk}/test")
    assert answer.status_code == 202 and [one["channel"] for one in answer.json()] == ["email"]
    assert mail.outbox[0].subject == "This is a test of your alert on AAPL."
    assert not Firing.objects.exists()


def test_tests_are_few_a_minute_and_need_a_confirmed_address(reader, rule):
    for _ in range(outbox.TESTS_A_MINUTE):
        outbox.send_test(reader, rule=rule)
    with pytest.raises(CannotTest, match="Wait"):
        outbox.send_test(reader, rule=rule)
    otto = factories.make_person("otto")
    with pytest.raises(CannotTest, match="not confirmed"):
        outbox.send_test(otto, channels=["email"])


@pytest.mark.parametrize(
    ("family", "kinds"),
    [
        ("price", "price_above price_below price_crosses price_move"),
        (
            "portfolio",
            "value_above value_below day_change_percent day_change_amount drawdown volatility drift concentration realised_gain unusual_day",
        ),
        ("income", "ex_dividend dividend_announced dividend_paid"),
        ("news", "news"),
        ("data", "stale_price import_failed"),
    ],
)
def test_every_kind_of_alert_belongs_to_a_family(family, kinds):
    assert {kind for kind in RuleKind.values if family_of(kind) == family} == set(kinds.split())


# ── messages that come twice, or late ───────────────────────────────────────


def test_every_job_of_the_outbox_rung_ten_times_over_sends_once(reader, rule):
    from alerts.outbox import tasks

    fire(rule)
    _save(reader, email_pace="daily")
    fire(rule, 2)
    Delivery.objects.filter(state=State.HELD).update(next_at=clock.now())
    for _ in range(10):
        for job in (tasks.forget_deliveries, tasks.sweep_outbox):
            job.delay()
        tasks.deliver.delay("email")
    assert sorted(letter.subject for letter in mail.outbox) == ["AAPL rose to $101.00.", "AAPL rose to $102.00."]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}
