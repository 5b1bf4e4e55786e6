"""Rules of every kind are kept, told, tried on the past and refused, by page and API."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from alerts import receivers, services, tasks
from alerts.errors import BadAlert
from alerts.models import Rule
from alerts.rules import KINDS, Cause
from market.services import PriceRow, ingest_prices
from tests import factories

pytestmark = pytest.mark.django_db
D = Decimal


def _rule(person, kind, on=None, **parameters):
    where = {} if on is None else {"portfolio" if hasattr(on, "base_currency") else "instrument": on}
    return services.create_rule(person, kind=kind, parameters=parameters, **where)


def test_a_portfolio_of_somebody_else_cannot_be_watched(stranger, held, api, person):
    with pytest.raises(BadAlert, match="no such portfolio"):
        _rule(stranger, "value_above", held, threshold="1")
    theirs = factories.make_portfolio(stranger)
    assert (
        api.post("/api/v1/alerts", {"type": "value_above", "portfolio": theirs.pk, "parameters": {"threshold": "1"}}, format="json").status_code
        == 404
    )


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("value_above", {"instrument": True}, "portfolio"),
        ("price_above", {}, "instrument"),
        ("price_above", {"instrument": True, "cool_down": -1}, "cool_down"),
        ("price_above", {"instrument": True, "margin": D(2)}, "margin"),
        ("price_above", {"instrument": True, "quiet_from": time(22)}, "quiet_until"),
        ("price_above", {"instrument": True, "expires_at": datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))}, "expires_at"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(person, apple, kind, fields, field):
    wanted = {name: apple if name == "instrument" else value for name, value in fields.items()}
    with pytest.raises(BadAlert) as refused:
        services.create_rule(person, kind=kind, parameters={"threshold": "5"}, **wanted)
    assert [error.field for error in refused.value.errors] == [field]


def test_every_kind_is_kept_told_and_tried_by_the_api(api, held, apple):
    kinds = api.get("/api/v1/alerts/kinds").json()
    assert [one["type"] for one in kinds] == list(KINDS)
    for kind in KINDS.values():
        where = {"symbol": "AAPL"} if "instrument" in kind.watches else {"portfolio": held.pk}
        raw = {one.name: [{"name": "AAPL", "weight": "0.5", "band": "0.1"}] if one.type == "targets" else one.example for one in kind.fields}
        body = {"type": kind.name, "parameters": raw, "cool_down": 30, **where}
        tried = api.post("/api/v1/alerts/rehearsal", body, format="json")
        assert tried.status_code == 200, (kind.name, tried.json())
        assert tried.json()["why_not"] or tried.json()["since"], (kind.name, tried.json())
        made = api.post("/api/v1/alerts", body, format="json")
        assert made.status_code == 201, (kind.name, made.json())
        changed = api.patch(f"/api/v1/alerts/{made.json()['id']}", {"once": True}, format="json").json()
        assert changed["once"] and changed["parameters"] == made.json()["parameters"] and changed["cool_down"] == 30
    assert len(api.get("/api/v1/alerts?page_size=100").json()["results"]) == len(KINDS)


def test_the_form_shows_the_fields_of_a_kind_keeps_what_stands_and_tries_it_on_the_past(signed_in, held, apple):
    page = signed_in.get(f"/alerts/add/?portfolio={held.pk}&kind=drawdown").content.decode()
    assert 'name="days"' in page and '<option value="drawdown" selected>' in page and f'<option value="{held.pk}" selected>' in page
    filled = {"kind": "price_move", "instrument": "AAPL", "threshold": "0.1", "days": "1", "direction": "either", "note": "n"}
    other = signed_in.post("/alerts/add/", filled | {"refresh": "1", "kind": "price_above"}, headers={"HX-Request": "true"}).content.decode()
    assert 'name="days"' not in other and 'value="AAPL"' in other and "<html" not in other and not Rule.objects.exists()
    past = signed_in.post("/alerts/add/", filled | {"try": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert "Would have told you" in past and "<form" not in past and not Rule.objects.exists()
    assert signed_in.post("/alerts/add/", filled | {"threshold": "x"}).status_code == 422
    assert signed_in.post("/alerts/add/", filled).status_code == 302
    rule = Rule.objects.get()
    assert rule.parameters == {"threshold": "0.001", "direction": "either", "days": 1}
    changed = signed_in.post(f"/alerts/{rule.pk}/edit/", filled | {"threshold": "5", "once": "on", "quiet_from": "22:00", "quiet_until": "07:00"})
    assert changed.status_code == 302 and Rule.objects.get(pk=rule.pk).once and Rule.objects.get().parameters["threshold"] == "0.05"


@pytest.mark.parametrize(("minutes", "said"), [(30, "At most every 30 minutes"), (1, "At most every minute"), (60, "At most every hour")])
def test_a_pause_that_the_api_set_stands_in_the_form_as_it_is_and_stays(signed_in, api, apple, minutes, said):
    body = {"type": "price_above", "symbol": "AAPL", "threshold": "150", "cool_down": minutes}
    made = api.post("/api/v1/alerts", body, format="json").json()
    page = signed_in.get(f"/alerts/{made['id']}/edit/").content.decode()
    assert f'<option value="{minutes}" selected>{said}</option>' in page
    filled = {"kind": "price_above", "instrument": "AAPL", "threshold": "150", "cool_down": str(minutes), "note": "n"}
    assert signed_in.post(f"/alerts/{made['id']}/edit/", filled).status_code == 302
    assert (Rule.objects.get().cool_down, Rule.objects.get().note) == (minutes, "n")


def test_drift_of_holdings_is_tried_on_their_weights_at_each_close(api, person, today):
    risen = factories.make_instrument("UP", price="400")
    days = [today - timedelta(days=age) for age in range(1, 300)]
    ingest_prices(risen, [PriceRow(day, D(400) if day > today - timedelta(days=20) else D(100)) for day in days], "test")
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "deposit", today - timedelta(days=200), amount="2000")
    factories.record(portfolio, "buy", today - timedelta(days=199), risen, quantity="10", price="100")
    parameters = {"targets": [{"name": "UP", "weight": "0.5", "band": "0.2"}], "by": "holding"}
    tried = api.post("/api/v1/alerts/rehearsal", {"type": "drift", "portfolio": portfolio.pk, "parameters": parameters}, format="json")
    (told,) = tried.json()["days"]
    assert told["date"] == (today - timedelta(days=19)).isoformat() and "80" in told["message"]


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        ("drift", {"targets": [{"name": "USD", "weight": "0.5", "band": "0.2"}], "by": "currency"}, "as they are today"),
        ("concentration", {"place": "sector", "threshold": "0.4"}, "as they are today"),
        ("stale_price", {"threshold": 5}, "When each price came in is not kept"),
        ("dividend_announced", {}, "came in together with the history"),
    ],
)
def test_what_has_no_past_says_why(api, held, kind, parameters, words):
    tried = api.post("/api/v1/alerts/rehearsal", {"type": kind, "portfolio": held.pk, "parameters": parameters}, format="json").json()
    assert words in tried["why_not"] and tried["times"] == 0 and tried["days"] == []


def test_the_api_names_the_field_of_the_parameters_that_is_wrong(api, apple):
    refused = api.post("/api/v1/alerts", {"type": "price_move", "symbol": "AAPL", "parameters": {"threshold": "x", "days": 900}}, format="json")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["threshold", "days"])


def test_jobs_and_news_of_other_apps_lead_to_looks(person, held, apple, monkeypatch):
    marked = []
    monkeypatch.setattr(tasks.mark_portfolio, "delay", lambda *said: marked.append(said))
    monkeypatch.setattr(tasks.mark_instruments, "delay", lambda *said: marked.append(said))
    receivers.ledger_is_due(portfolio_id=held.pk, since=None)
    receivers.news_is_due(instrument_ids=(apple.pk,))
    assert marked == [(held.pk, Cause.LEDGER.value), ([apple.pk], Cause.NEWS.value)]
    _rule(person, "value_above", held, threshold="1")
    Rule.objects.update(due_at=None)
    tasks.mark_portfolio(*marked[0])
    assert Rule.objects.filter(due_at__isnull=False).count() == 1
    tasks.check([apple.pk])
    assert tasks.look() == 0
