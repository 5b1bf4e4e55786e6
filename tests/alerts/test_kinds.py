"""Rules of every kind, on what is stored: what fires them, what does not, and that nothing is told twice or lost."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from alerts import receivers, selectors, services
from alerts.models import Firing, Rule
from alerts.rules import Cause
from analytics.models import UnusualDay
from market.providers.base import ArticleRow
from market.services import ActionRow, PriceRow, ingest_actions, ingest_prices
from market.services.news import FoundArticle, store_articles
from portfolio_site.models import JobRun
from portfolios.imports.services import start_import
from tests import factories

pytestmark = pytest.mark.django_db
D = Decimal


def _rule(person, kind, on=None, **parameters):
    where = {} if on is None else {"portfolio" if hasattr(on, "base_currency") else "instrument": on}
    return services.create_rule(person, kind=kind, parameters=parameters, **where)


_later = iter(range(1, 10_000))


def _look(cause=None, portfolio=None, instruments=()):
    """One look, each half a minute after the one before."""
    now = timezone.now() + timedelta(seconds=30 * next(_later))
    if cause is not None:
        services.mark_caused(cause, portfolio=portfolio, instruments=instruments, now=now)
    return [one.sentence for one in services.look_at_due(now)]


def _price(instrument, price, previous="100"):
    factories.set_quote(instrument, price, previous)
    return [one.sentence for one in services.check_rules([instrument.pk])]


# ── instruments ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "parameters", "price", "said"),
    [
        ("price_crosses", {"threshold": "105"}, "106", "AAPL crossed €105.00 and is above it, at €106.00."),
        ("price_move", {"threshold": "0.05"}, "94", "AAPL fell by 6.00% in a day; your alert is for 5.00% or more."),
        ("price_move", {"threshold": "0.05", "direction": "up", "days": "30"}, "110", "AAPL rose by"),
        ("drawdown", {"threshold": "0.1", "days": "90"}, "80", "AAPL is 20.2% below its peak of the past 90 days"),
    ],
)
def test_a_rule_on_an_instrument_fires_when_its_price_moves_so_far_and_only_then(person, apple, kind, parameters, price, said):
    _rule(person, kind, apple, **parameters)
    assert _price(apple, "100.5") == []
    (sentence,) = _price(apple, price)
    assert sentence.startswith(said)
    assert _price(apple, price) == []


def test_a_split_is_no_fall(person, apple, today):
    _rule(person, "price_move", apple, threshold="0.2", days="30")
    ingest_actions({apple.pk: [ActionRow("split", today - timedelta(days=2), ratio_new=D(4), ratio_old=D(1))]}, "test")
    ingest_prices(apple, [PriceRow(today - timedelta(days=n), D(25)) for n in (1, 2)], "test")
    assert _price(apple, "25", "25") == []


def test_a_rule_that_cannot_be_looked_at_says_why_and_does_not_fire(person, signed_in):
    young = factories.make_instrument("NEW", price="10", previous="9")
    rule = _rule(person, "price_move", young, threshold="0.01", days="7")
    assert _price(young, "99") == []
    assert "No daily prices of NEW are known." in signed_in.get("/alerts/").content.decode()
    assert selectors.rows_of([selectors.get_rule(person, rule.pk)], person)[0].state == "blind"


def test_an_old_price_and_a_volatile_one_are_found_by_the_days_look(person, apple):
    _rule(person, "stale_price", apple, threshold="3")
    _rule(person, "volatility", apple, threshold="0.01", days="60")
    assert _look() == []  # volatile when the rule was made: it has to come back first
    Rule.objects.filter(kind="volatility").update(armed=True)
    factories.set_quote(apple, "100", as_of=timezone.now() - timedelta(days=4))
    assert services.begin_day() == 2 and services.begin_day() == 0
    told = _look()
    assert any("The price of AAPL is 4 days old" in one for one in told) and any("Volatility of AAPL is" in one for one in told)
    assert JobRun.objects.filter(job="alerts.day", done_at__isnull=False).count() == 1
    assert services.begin_day(timezone.now() + timedelta(days=1)) == 2


# ── portfolios ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "parameters", "price", "said"),
    [
        ("value_above", {"threshold": "2500"}, "160", "Core is worth €2,600.00; your alert is for €2,500.00 or more."),
        ("value_below", {"threshold": "1900"}, "80", "Core is worth €1,800.00"),
        ("day_change_percent", {"threshold": "0.05", "direction": "down"}, "80", "Core fell by 10.0% today"),
        ("day_change_amount", {"threshold": "150"}, "120", "Core gained €200.00 today"),
        ("drawdown", {"threshold": "0.08", "days": "365"}, "80", "Core is 1"),
        (
            "drift",
            {"targets": [{"name": "aapl", "weight": "0.5", "band": "0.05"}]},
            "140",
            "Core is off its targets: aapl weighs 58.3% against 50.0%.",
        ),
        ("concentration", {"place": "largest_holding", "threshold": "0.55"}, "140", "Apple Inc makes"),
    ],
)
def test_a_rule_on_a_portfolio_fires_after_what_it_holds_moved(person, apple, held, kind, parameters, price, said):
    rule = _rule(person, kind, held, **parameters)
    assert _look() == []
    factories.set_quote(apple, price, "100")
    services.mark_moved([apple.pk])
    (sentence,) = _look()
    assert sentence.startswith(said), sentence
    assert _look() == [] and Firing.objects.filter(rule=rule).count() == 1


def test_a_portfolio_without_what_moved_is_not_looked_at(person, held):
    _rule(person, "value_above", held, threshold="1")
    _look()
    assert services.mark_moved([factories.make_instrument("ELSE", price="1").pk]) == 0


def test_all_portfolios_are_one_sum_in_the_persons_currency(person, apple, held, today):
    other = factories.make_portfolio(person, name="Second")
    factories.record(other, "deposit", today, amount="500")
    _rule(person, "value_above", threshold="2600")
    assert _look() == []
    factories.record(other, "deposit", today, amount="500")
    assert _look(Cause.LEDGER, other) == ["All portfolios is worth €3,000.00; your alert is for €2,600.00 or more."]


def test_a_realised_gain_counts_from_the_first_day_of_the_year_that_was_set(person, apple, held, today):
    _rule(person, "realised_gain", held, threshold="150", year_starts=f"{today:%m-%d}")
    factories.record(held, "sell", today - timedelta(days=1), apple, quantity="2", price="200")
    assert _look(Cause.LEDGER, held) == []
    factories.record(held, "sell", today, apple, quantity="2", price="200")
    (sentence,) = _look(Cause.LEDGER, held)
    assert "realised €200.00" in sentence and "your budget is €150.00" in sentence


def test_a_mark_that_comes_during_a_look_outlives_it(person, held, monkeypatch):
    from alerts.looking import due

    _rule(person, "value_above", held, threshold="1")
    seen = due._seen

    def slow(rules, now):
        found = list(seen(rules, now))
        services.mark_caused(Cause.LEDGER, portfolio=held, now=timezone.now() + timedelta(seconds=1))
        return found

    monkeypatch.setattr(due, "_seen", slow)
    services.look_at_due()
    assert Rule.objects.filter(due_at__isnull=False).count() == 1


def test_an_end_of_access_is_the_end_of_telling(person, stranger, held):
    rule = _rule(person, "value_above", held, threshold="2500")
    _look()
    Rule.objects.filter(pk=rule.pk).update(owner=stranger, armed=True)
    Rule.objects.filter(pk=rule.pk).update(parameters={"threshold": "1"})
    assert _look(Cause.LEDGER, held) == []
    assert "cannot see this portfolio" in Rule.objects.get().why_not


def test_one_that_cannot_be_computed_keeps_no_other_from_being_told(person, held, apple, monkeypatch):
    from alerts.looking.portfolios import _READERS

    _rule(person, "concentration", held, place="sector", threshold="0.2")
    _rule(person, "value_above", held, threshold="2500")
    _look()
    monkeypatch.setitem(_READERS, "concentration", lambda *_: 1 / 0)
    factories.set_quote(apple, "200", "100")
    services.mark_moved([apple.pk])
    assert len(_look()) == 1


# ── what happens ────────────────────────────────────────────────────────────


def test_an_unusual_day_is_told_once(person, held, today):
    _rule(person, "unusual_day", held)
    UnusualDay.objects.create(portfolio=held, day=today, noticed_at=timezone.now())
    assert _look(Cause.NIGHT, held)[0].endswith("was unlike the past of Core.")
    assert _look(Cause.NIGHT, held) == []


def test_a_dividend_is_told_when_announced_when_near_and_when_paid(person, held, apple, today):
    near = _rule(person, "ex_dividend", apple, days="3")
    for kind in ("dividend_announced", "dividend_paid"):
        _rule(person, kind, held)
    assert _look() == []
    ingest_actions({apple.pk: [ActionRow("dividend", today + timedelta(days=10), amount=D("0.24"))]}, "test")
    (announced,) = _look(Cause.ACTIONS, instruments=[apple.pk])
    assert announced.startswith("AAPL announced a dividend of €0.2400 a share")
    services.update_rule(person, near, parameters={"days": "15"})
    (ex_day,) = _look()
    assert ex_day.startswith("AAPL goes without its dividend from")
    factories.record(held, "dividend", today, apple, amount="2.40")
    assert _look(Cause.LEDGER, held) == [f"AAPL paid €2.40 on {today.day}\xa0{today:%b}\xa0{today:%Y}: dividend."]
    assert _look(Cause.DAY, held) == []


def test_what_was_announced_before_the_rule_is_not_told(person, held, apple, today):
    ingest_actions({apple.pk: [ActionRow("dividend", today + timedelta(days=10), amount=D("0.24"))]}, "test")
    _rule(person, "dividend_announced", apple)
    assert _look() == []


def test_news_is_told_by_holding_and_word_and_one_story_once(person, held, apple):
    _rule(person, "news", held, words="recall phones")
    now = timezone.now() + timedelta(seconds=1)
    rows = [
        ("https://a.example/1", "Apple recalls a million phones"),
        ("https://b.example/2", "Apple recalls a million phones"),
        ("https://a.example/3", "Apple opens a shop"),
    ]
    store_articles([FoundArticle(ArticleRow(url, title, now, "Wire"), "test", (apple.pk,)) for url, title in rows], now)
    assert _look(Cause.NEWS, instruments=[apple.pk]) == ["News of AAPL: Apple recalls a million phones"]
    assert _look(Cause.NEWS, instruments=[apple.pk]) == []


def test_an_import_that_fails_is_told(person, held, django_capture_on_commit_callbacks):
    from portfolios.imports import reading

    _rule(person, "import_failed", held)
    with django_capture_on_commit_callbacks(execute=True):
        batch = start_import(person, held, file_name="a.csv", content=b"x")
        reading.fail(batch, "The file holds no table.")
    _look()
    assert [one.sentence for one in Firing.objects.all()] == ["An import into Core could not be read: The file holds no table."]


# ── how often, and when ─────────────────────────────────────────────────────


def test_told_once_it_pauses(person, apple):
    rule = services.create_rule(person, kind="price_above", instrument=apple, threshold=D(105), once=True, cool_down=0)
    assert len(_price(apple, "106")) == 1
    assert not Rule.objects.get(pk=rule.pk).active
    assert _price(apple, "90") == [] and _price(apple, "107") == []


def test_an_expired_rule_keeps_quiet(person, apple):
    rule = services.create_rule(person, kind="price_above", instrument=apple, threshold=D(105), expires_at=timezone.now() + timedelta(hours=1))
    Rule.objects.filter(pk=rule.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert _price(apple, "106") == []


def test_quiet_hours_hold_back_what_fired_and_it_is_told_afterwards(apple, django_capture_on_commit_callbacks, monkeypatch):
    person = factories.make_person("nina", time_zone="Asia/Tokyo")
    services.create_rule(person, kind="price_above", instrument=apple, threshold=D(105), quiet_from=time(22), quiet_until=time(7))
    night = datetime(2026, 3, 4, 23, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    sent = []
    monkeypatch.setattr(receivers.push, "send", lambda group, message: sent.append(message["alert"]["message"]))
    factories.set_quote(apple, "106", "100")
    with django_capture_on_commit_callbacks(execute=True):
        services.check_rules([apple.pk], now=night)
        assert services.tell_held(night + timedelta(hours=7, minutes=59)) == 0
    assert sent == [] and selectors.unread_count(person) == 0 and Firing.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert services.tell_held(night + timedelta(hours=8)) == 1
    assert len(sent) == 1 and selectors.unread_count(person) == 1
    assert services.tell_held(night + timedelta(hours=9)) == 0


def test_hidden_amounts_are_not_told_on_pages_or_in_toasts(person, held, apple, client, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    _rule(person, "value_above", held, threshold="2500")
    _look()
    person.preferences.hide_amounts = True
    person.preferences.save()
    monkeypatch.setattr(receivers.push, "send", lambda group, message: sent.append(message["alert"]["message"]))
    factories.set_quote(apple, "200", "100")
    services.mark_moved([apple.pk])
    with django_capture_on_commit_callbacks(execute=True):
        _look()
    client.force_login(person)
    page = client.get("/notifications/").content.decode()
    assert "Core is worth ••••" in page and "3,000" not in page
    assert sent == ["Core is worth ••••; your alert is for •••• or more."]


def test_many_that_fire_together_are_a_few_toasts_and_each_in_the_inbox(person, apple, monkeypatch, django_capture_on_commit_callbacks):
    for number in range(8):
        services.create_rule(person, kind="price_above", instrument=apple, threshold=D(101 + number))
    sent = []
    monkeypatch.setattr(receivers.push, "send", lambda group, message: sent.append(message["alert"]))
    factories.set_quote(apple, "120", "100")
    with django_capture_on_commit_callbacks(execute=True):
        assert len(services.check_rules([apple.pk])) == 8
    assert len(sent) == 3 and sent[-1]["message"].endswith("And 5 more.") and {one["unread"] for one in sent} == {8}


def test_a_thousand_rules_that_fire_cost_a_few_statements(person, apple, django_assert_max_num_queries):
    rule = services.create_rule(person, kind="price_above", instrument=apple, threshold=D(105))
    Rule.objects.bulk_create(
        Rule(owner=person, instrument=apple, kind="price_above", parameters={"threshold": "105"}, margin=rule.margin) for _ in range(300)
    )
    factories.set_quote(apple, "106", "100")
    with django_assert_max_num_queries(24):
        assert len(services.check_rules([apple.pk])) == 301
