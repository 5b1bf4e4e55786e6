"""Alerts: kept by their person, told once, and nobody else's business."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry
from alerts import receivers, selectors, services
from alerts.errors import BadAlert, NoSuchAlert
from alerts.looking.sweeping import SWEEP
from alerts.models import Firing, Rule
from market.choices import Quality
from market.services import QuoteDraft, publish_quotes
from portfolio_site.models import JobRun
from portfolio_site.schedule import known
from tests import factories

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def apple(db):
    return factories.make_instrument("AAPL", currency="USD", price="95", previous="94", name="Apple Inc")


@pytest.fixture
def rule(person, apple):
    return services.create_rule(person, instrument=apple, kind="price_above", threshold=D("100"), note="sell some")


_step = iter(range(1, 10_000))


def _publish(instrument, price, previous="94"):
    moment = timezone.now() + timedelta(microseconds=next(_step))
    publish_quotes([QuoteDraft(instrument.pk, D(price), moment, "test", Quality.LIVE, previous_close=D(previous))])


def _told(person):
    return list(selectors.firings_of(person))


# ── coming true ─────────────────────────────────────────────────────────────


def test_a_new_quote_past_the_threshold_tells_its_person_once(person, rule, apple, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        _publish(apple, "101.5")
    (firing,) = _told(person)
    assert firing.sentence == "AAPL rose to $101.50; your alert is for $100.00 or more."
    assert services.check_rules([apple.pk]) == []
    assert len(_told(person)) == 1


def _told_at(apple, ticks):
    """The minutes at which it was told, of (minute, price)."""
    start = timezone.now()
    told = []
    for minute, price in ticks:
        _publish(apple, price)
        told += [minute] * len(services.check_rules([apple.pk], now=start + timedelta(minutes=minute)))
    return told


def test_a_price_that_trembles_at_the_threshold_tells_once(rule, apple):
    ticks = [(minute, "100.02" if minute % 2 else "99.98") for minute in range(1, 200)]
    assert _told_at(apple, ticks) == [1]


@pytest.mark.parametrize(
    ("ticks", "told"),
    [
        ([(0, "101"), (70, "99.51"), (71, "101")], [0]),  # not back by 0.5 %
        ([(0, "101"), (70, "99.5"), (71, "101")], [0, 71]),
        ([(0, "101"), (10, "95"), (20, "101"), (59, "101"), (60, "101"), (61, "102")], [0, 60]),  # back within the hour: told when it has passed
        ([(0, "101"), (10, "95"), (20, "101"), (60, "99"), (61, "101")], [0, 61]),
    ],
)
def test_it_tells_again_once_the_price_has_been_back_by_the_margin_and_an_hour_has_passed(rule, apple, ticks, told):
    assert _told_at(apple, ticks) == told


def test_a_changed_threshold_is_a_new_condition_without_the_old_cool_down(person, rule, apple):
    assert _told_at(apple, [(0, "101")]) == [0]
    services.update_rule(person, selectors.get_rule(person, rule.pk), threshold=D("110"))
    assert _told_at(apple, [(1, "111")]) == [1]


def test_a_rule_on_its_way_back_costs_one_write_and_then_none(rule, apple, django_assert_num_queries):
    _told_at(apple, [(0, "101"), (1, "98")])
    assert Rule.objects.filter(pk=rule.pk, armed=False, came_back=True).exists()
    with django_assert_num_queries(2):
        services.check_rules([apple.pk])


def test_the_page_of_an_alert_says_when_it_fires_again(signed_in, rule):
    page = signed_in.get(f"/alerts/{rule.pk}/").content.decode()
    assert "0.5% of the threshold" in page and "At most every 60 minutes" in page and "rises to $100.00" in page


def test_a_rule_made_while_the_price_is_past_it_waits_for_the_price_to_come_back(person, apple):
    services.create_rule(person, instrument=apple, kind="price_above", threshold=D("90"))
    assert services.check_rules([apple.pk]) == []
    assert _told_at(apple, [(1, "89.9"), (2, "91"), (3, "89.5"), (4, "91")]) == [4]


def test_a_paused_rule_keeps_quiet_and_a_resumed_one_starts_afresh(person, rule, apple):
    services.update_rule(person, rule, active=False)
    _publish(apple, "120")
    assert services.check_rules([apple.pk]) == []
    services.update_rule(person, rule, active=True)
    assert services.check_rules([apple.pk]) == []


def test_two_looks_at_one_quote_make_one_firing(person, rule, apple):
    _publish(apple, "120")
    services.check_rules([apple.pk])
    Rule.objects.update(armed=True)
    assert services.check_rules([apple.pk]) == []
    assert Firing.objects.count() == 1


def test_the_sentence_speaks_the_persons_locale(apple):
    person = factories.make_person("otto", locale="de-DE")
    services.create_rule(person, instrument=apple, kind="price_below", threshold=D("90"))
    _publish(apple, "89.5")
    services.check_rules([apple.pk])
    assert "89,50" in _told(person)[0].sentence


def test_what_fired_goes_to_the_persons_group_with_the_number_on_the_bell(person, rule, apple, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(receivers.push, "send", lambda group, message: sent.append((group, message)))
    with django_capture_on_commit_callbacks(execute=True):
        _publish(apple, "101")
        services.check_rules([apple.pk])
    (told,) = [one for one in sent if one[0] == f"user.{person.pk}"]
    assert told[1]["type"] == "alert.fired" and told[1]["alert"]["unread"] == 1 and told[1]["alert"]["symbol"] == "AAPL"


def test_a_tick_that_no_rule_watches_asks_one_question_and_enqueues_nothing(apple, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(receivers.tasks.check, "delay", lambda ids: pytest.fail("nothing is to be looked at"))
    with django_assert_num_queries(1):
        receivers.look_at_rules(instrument_ids=(apple.pk,))


@pytest.mark.parametrize("trouble", [OperationalError("no broker"), ConnectionError("no broker")])
def test_a_price_is_stored_while_the_broker_is_away_and_the_sweep_looks_at_it(
    person, rule, apple, trouble, monkeypatch, django_capture_on_commit_callbacks
):
    def away(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(receivers.tasks.check, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        _publish(apple, "101")
    assert not Firing.objects.exists()
    (firing,) = services.sweep_quotes()
    assert firing.rule_id == rule.pk and services.sweep_quotes() == []


def test_the_sweep_goes_back_to_its_last_finished_round_and_asks_only_about_what_moved(person, rule, apple, django_assert_num_queries):
    now = timezone.now()
    factories.set_quote(apple, "101", as_of=now - timedelta(hours=3))
    JobRun.objects.create(job=SWEEP, period="done", claimed_at=now - timedelta(hours=2), done_at=now - timedelta(hours=2))
    JobRun.objects.create(job=SWEEP, period="died", claimed_at=now - timedelta(hours=4))
    with django_assert_num_queries(2):  # when the last round was, and what moved since: nothing
        assert services.sweep_quotes() == []
    JobRun.objects.filter(period="done").update(claimed_at=now - timedelta(hours=4))
    assert [one.rule_id for one in services.sweep_quotes()] == [rule.pk] and SWEEP in known()


def test_marks_are_made_on_the_spot_while_the_broker_is_away(person, apple, monkeypatch):
    def away(*_: object) -> None:
        raise OperationalError("no broker")

    for task in (receivers.tasks.mark_portfolio, receivers.tasks.mark_instruments):
        monkeypatch.setattr(task, "delay", away)
    portfolio = factories.make_portfolio(person)
    watching = services.create_rule(person, portfolio=portfolio, kind="value_above", threshold=D("1"))
    news = services.create_rule(person, instrument=apple, kind="news", parameters={"words": ""})
    Rule.objects.update(due_at=None)
    receivers.ledger_is_due(portfolio_id=portfolio.pk, since=date(2026, 1, 2))
    receivers.news_is_due(instrument_ids=(apple.pk,))
    assert set(Rule.objects.exclude(due_at=None).values_list("pk", flat=True)) == {watching.pk, news.pk}


def test_looking_costs_two_queries_however_many_rules_do_not_fire(person, apple, django_assert_num_queries):
    for number in range(20):
        services.create_rule(person, instrument=apple, kind="price_above", threshold=D(200 + number))
    with django_assert_num_queries(2):
        assert services.check_rules([apple.pk]) == []


# ── keeping ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("threshold", ["0", "-5"])
def test_a_price_that_is_not_above_zero_is_refused(person, apple, threshold):
    with pytest.raises(BadAlert) as refused:
        services.create_rule(person, instrument=apple, kind="price_above", threshold=D(threshold))
    assert refused.value.errors[0].field == "threshold"


def test_an_unknown_kind_is_refused(person, apple):
    with pytest.raises(BadAlert, match="Choose one of"):
        services.create_rule(person, instrument=apple, kind="price_sideways", threshold=D("1"))


def test_there_is_an_end_to_the_number_of_alerts(person, apple, monkeypatch):
    monkeypatch.setattr(services.rules, "MOST_RULES", 1)
    services.create_rule(person, instrument=apple, kind="price_above", threshold=D("100"))
    with pytest.raises(BadAlert, match="Delete some"):
        services.create_rule(person, instrument=apple, kind="price_above", threshold=D("101"))


def test_each_deed_leaves_an_audit_entry_without_amounts(person, rule):
    services.update_rule(person, rule, threshold=D("123.45"))
    services.delete_rule(person, rule)
    entries = AuditEntry.objects.filter(subject=person.pk, object_type="alert")
    assert list(entries.order_by("sequence").values_list("action", flat=True)) == ["alert.created", "alert.changed", "alert.deleted"]
    assert "123" not in str(list(entries.values_list("data", flat=True)))


def test_a_strangers_alert_is_not_found(rule, stranger):
    with pytest.raises(NoSuchAlert):
        selectors.get_rule(stranger, rule.pk)


def test_rows_say_how_far_the_price_is(person, rule):
    (row,) = selectors.rules_of(person)
    assert row.distance.value == D("0.052631578947368421")
    assert (row.price.value, row.threshold.currency) == (D("95"), "USD")


def test_an_instrument_without_a_price_has_no_distance_but_a_reason(person):
    services.create_rule(person, instrument=factories.make_instrument("NEW"), kind="price_above", threshold=D("1"))
    (row,) = selectors.rules_of(person)
    assert not row.distance.known and "NEW" in row.distance.why_not


def test_the_price_of_a_bond_is_in_percent_of_par_in_the_sentence_on_the_pages_and_by_api(person, signed_in, api):
    bond = factories.make_instrument("BUND", asset_class="bond", price_factor=D("0.01"), price="97.5", previous="97")
    made = api.post("/api/v1/alerts", {"symbol": "BUND", "type": "price_above", "threshold": "98.42"}).json()
    assert (made["threshold"], made["price_unit"], made["currency"]) == ("98.42", "%", "EUR")
    page = signed_in.get("/alerts/").content.decode()
    assert "rises to 98.42%" in page and '<span data-live="price">97.50%</span>' in page and "€" not in page
    _publish(bond, "98.5", "97.5")
    (firing,) = services.check_rules([bond.pk])
    assert firing.sentence == "BUND rose to 98.50%; your alert is for 98.42% or more."
    assert firing.sentence in signed_in.get("/notifications/").content.decode()
    assert api.get("/api/v1/notifications").json()["results"][0]["message"] == firing.sentence


def test_a_bond_that_is_quoted_in_money_stays_in_money(person):
    note = factories.make_instrument("NOTE", asset_class="bond", currency="USD", price="950")
    services.create_rule(person, instrument=note, kind="price_below", threshold=D("900"))
    (row,) = selectors.rules_of(person)
    assert (row.price.currency, row.threshold.currency) == ("USD", "USD")


# ── API ─────────────────────────────────────────────────────────────────────


def test_the_api_keeps_alerts(api, apple):
    made = api.post("/api/v1/alerts", {"symbol": "aapl", "type": "price_above", "threshold": "100.50", "note": "n"})
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["symbol"], body["threshold"], body["currency"], body["active"], body["armed"]) == ("AAPL", "100.5", "USD", True, True)
    path = f"/api/v1/alerts/{body['id']}"
    assert api.patch(path, {"active": False}).json()["active"] is False
    assert [row["id"] for row in api.get("/api/v1/alerts").json()["results"]] == [body["id"]]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_the_api_names_what_is_wrong(api, apple):
    unknown = api.post("/api/v1/alerts", {"symbol": "NOPE", "type": "price_above", "threshold": "1"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_instrument")
    assert api.post("/api/v1/alerts", {"symbol": "AAPL", "type": "x", "threshold": "1"}).status_code == 400
    assert api.post("/api/v1/alerts", {"symbol": "AAPL", "type": "price_above", "threshold": "1e400"}).status_code == 400
    assert api.post("/api/v1/alerts", {"type": "price_above", "threshold": "1"}).status_code == 422
    zero = api.post("/api/v1/alerts", {"symbol": "AAPL", "type": "price_above", "threshold": "0"})
    assert (zero.status_code, zero.json()["errors"][0]["field"]) == (422, "threshold")


def test_the_inbox_is_listed_and_read(api, rule, apple):
    _publish(apple, "101")
    services.check_rules([apple.pk])
    (row,) = api.get("/api/v1/notifications?unread=true").json()["results"]
    assert row["symbol"] == "AAPL" and row["read_at"] is None and row["alert"] == rule.pk
    assert api.post(f"/api/v1/notifications/{row['id']}/read").json()["read_at"]
    assert api.get("/api/v1/notifications?unread=true").json()["results"] == []
    assert len(api.get("/api/v1/alerts/events").json()["results"]) == 1


def test_a_strangers_inbox_is_empty_and_mine_not_theirs_to_read(rule, apple, stranger):
    from rest_framework.test import APIClient

    _publish(apple, "101")
    (firing,) = services.check_rules([apple.pk])
    caller = APIClient()
    caller.force_authenticate(stranger)
    assert caller.get("/api/v1/notifications").json()["results"] == []
    assert caller.post(f"/api/v1/notifications/{firing.pk}/read").status_code == 404
    assert caller.get(f"/api/v1/alerts/{rule.pk}").status_code == 404


def test_the_same_idempotency_key_makes_one_alert(api, apple):
    body = {"symbol": "AAPL", "type": "price_above", "threshold": "100"}
    first = api.post("/api/v1/alerts", body, headers={"Idempotency-Key": "once"})
    again = api.post("/api/v1/alerts", body, headers={"Idempotency-Key": "once"})
    assert first.json() == again.json() and Rule.objects.count() == 1


# ── pages ───────────────────────────────────────────────────────────────────


def test_an_alert_is_added_paused_and_deleted_on_its_page(signed_in, person, apple):
    assert b"Nothing is watched yet" in signed_in.get("/alerts/").content
    answer = signed_in.post("/alerts/add/", {"instrument": "AAPL · Apple Inc", "kind": "price_above", "threshold": "100", "note": "sell some"})
    assert answer.status_code == 302
    (rule,) = Rule.objects.all()
    page = signed_in.get("/alerts/").content.decode()
    assert "$100.00" in page and "sell some" in page and f'data-row="{apple.pk}"' in page
    signed_in.post(f"/alerts/{rule.pk}/switch/", {"active": "off"})
    assert "Paused" in signed_in.get("/alerts/").content.decode()
    signed_in.post(f"/alerts/{rule.pk}/delete/")
    assert not Rule.objects.exists()


def test_a_refused_form_says_why_beside_the_field(signed_in, apple):
    answer = signed_in.post("/alerts/add/", {"instrument": "NOPE", "kind": "price_above", "threshold": "0"})
    assert answer.status_code == 422
    assert "No instrument has the symbol or ISIN NOPE" in answer.content.decode()
    answer = signed_in.post("/alerts/add/", {"instrument": "AAPL", "kind": "price_above", "threshold": "-1"})
    assert "The price must be above zero." in answer.content.decode()


def test_the_form_is_filled_in_from_a_holdings_page_and_fits_the_drawer(signed_in, apple):
    page = signed_in.get(f"/alerts/add/?instrument={apple.pk}", headers={"HX-Request": "true"}).content.decode()
    assert 'value="AAPL"' in page and "drawer-title" in page and "<html" not in page


def test_a_level_chosen_on_a_chart_fills_the_form_in_and_is_written_as_the_person_writes(signed_in, person, apple):
    address = f"/alerts/add/?instrument={apple.pk}&kind=price_below&threshold=213.4"
    page = signed_in.get(address).content.decode()
    assert 'value="213.4"' in page and 'value="price_below" selected' in page
    person.preferences.locale = "de-DE"
    person.preferences.save()
    assert 'value="213,4"' in signed_in.get(address).content.decode()
    assert signed_in.get(f"/alerts/add/?instrument={apple.pk}&threshold=x").status_code == 200


def test_what_was_told_is_on_the_bell_the_card_and_the_page(signed_in, person, rule, apple):
    assert signed_in.get("/alerts/count/").content.strip() == b""
    _publish(apple, "101")
    (firing,) = services.check_rules([apple.pk])
    assert "1 unread" in signed_in.get("/alerts/count/").content.decode()
    card = signed_in.get("/alerts/card/").content.decode()
    assert "AAPL rose to $101.00" in card and "1 new" in card
    assert "AAPL rose to $101.00" in signed_in.get("/notifications/").content.decode()
    signed_in.post(f"/notifications/{firing.pk}/read/")
    assert signed_in.get("/alerts/count/").content.strip() == b""


def test_everything_is_marked_as_read_at_once(signed_in, person, rule, apple):
    _publish(apple, "101")
    services.check_rules([apple.pk])
    signed_in.post("/notifications/read/")
    assert selectors.unread_count(person) == 0


@pytest.mark.parametrize("path", ["/alerts/", "/alerts/add/", "/alerts/card/", "/alerts/count/", "/notifications/"])
def test_a_page_of_alerts_asks_to_sign_in(client, path):
    answer = client.get(path)
    assert answer.status_code == 302 and "next=" in answer["Location"]


@pytest.mark.parametrize("cursor", ["cD1hYmM=", "!!!", "YQ==", "bz0xé"])
def test_a_cursor_that_no_page_gave_is_refused(api, rule, cursor):
    answer = api.get("/api/v1/alerts", {"cursor": cursor})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("deed", ["switch", "delete"])
def test_a_strangers_alert_cannot_be_touched_on_the_pages(client, stranger, rule, deed):
    client.force_login(stranger)
    assert client.post(f"/alerts/{rule.pk}/{deed}/").status_code == 404
    assert Rule.objects.filter(pk=rule.pk, active=True).exists()
