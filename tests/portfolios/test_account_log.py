"""The log of an account: what was done, in words, for the one whose account it is and nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.services import record_audit
from portfolio_site.web import deeds
from portfolios.services import delete_portfolio, lock_portfolio, unlock_portfolio
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db
APPS = ("accounts", "market", "portfolios", "analytics", "alerts")
_ACTION = re.compile(
    r"""(?:record_audit\(\s*\w+,\s*(?:"[\w.]+"\s+if.+?else\s+)?|\btell\(\w+,\s*|_note\([\w.]+,\s*|_Change\(\s*|_audit\(\w+,\s*\w+,\s*)"([a-z_]+\.[a-z_]+)\""""
)


def text(answer) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def test_each_deed_that_is_audited_has_words():
    root = Path(__file__).resolve().parents[2]
    found = {action for app in APPS for path in (root / app).rglob("*.py") for action in _ACTION.findall(path.read_text())}
    assert {"session.started", "portfolio.locked", "transaction.recorded", "import.reverted", "news.muted", "alert.fired"} <= found
    assert found - deeds.known.keys() == set(), "say in the app's deeds.py what these are called"


def test_locking_and_unlocking_stand_in_the_log_with_the_day_and_the_portfolio(signed_in, person, portfolio, today):
    day = today.replace(year=today.year - 1, month=12, day=31)
    lock_portfolio(person, portfolio, day)
    unlock_portfolio(person, portfolio)
    page = text(signed_in.get(reverse("settings-log")))
    assert page.index("Portfolio unlocked") < page.index("Portfolio locked"), "newest first"
    assert f"up to 31 Dec {day.year}" in page and portfolio.name in page and reverse("portfolio-edit", args=[portfolio.pk]) in page
    assert reverse("settings-log") in text(signed_in.get(reverse("portfolio-edit", args=[portfolio.pk])))
    assert "Signed in" in page and "Portfolio locked" not in text(signed_in.get(reverse("settings-log"), {"group": "Account"}))


def test_nobody_reads_the_log_of_somebody_else(client, api, person, stranger, portfolio):
    client.force_login(stranger)
    page = text(client.get(reverse("settings-log")))
    assert "Portfolio made" not in page and portfolio.name not in page
    record_audit(person, "portfolio.changed", subject=stranger.pk, object_type="portfolio", object_id=portfolio.pk)
    page = text(client.get(reverse("settings-log")))
    assert "by somebody else" in page and portfolio.name not in page, "what is not shared has no name here"
    assert all(line["action"] != "portfolio.changed" for line in api.get("/api/v1/auth/log").json()["results"])


def test_what_is_gone_is_told_without_a_name_and_an_unknown_deed_by_its_code(signed_in, person, portfolio):
    name = portfolio.name
    delete_portfolio(person, portfolio)
    record_audit(None, "thing.done_twice", subject=person.pk)
    page = text(signed_in.get(reverse("settings-log")))
    assert "Portfolio deleted" in page and name not in page
    assert "Thing done twice" in page and "by Plumbline" in page


def test_the_page_takes_as_many_queries_for_fifty_lines_as_for_one(signed_in, person, today, django_assert_max_num_queries):
    for number in range(30):
        record(make_portfolio(person, name=f"Number {number}"), "deposit", today - timedelta(days=1), amount="1")
    make_instrument("HOUSE", owner=person)
    with django_assert_max_num_queries(6):
        page = text(signed_in.get(reverse("settings-log")))
    assert "Transaction recorded" in page and "1 to 50 of" in page and "Older" in page
    assert "Newer" in text(signed_in.get(reverse("settings-log"), {"page": "2"}))


def test_a_group_that_there_is_none_of_is_said_on_the_page_and_refused_by_the_api(signed_in, api):
    assert "There is no group “Nonsense”" in text(signed_in.get(reverse("settings-log"), {"group": "Nonsense"}))
    refused = api.get("/api/v1/auth/log", {"group": "Nonsense"})
    assert refused.status_code == 400 and refused.json()["errors"][0]["field"] == "group"
    assert "Portfolios" in refused.json()["errors"][0]["detail"]


def test_the_api_pages_through_the_log_by_cursor(api, person, portfolio, django_assert_max_num_queries):
    for _ in range(3):
        record_audit(person, "portfolio.changed", object_type="portfolio", object_id=portfolio.pk, fields=["name", "cost_method"])
    with django_assert_max_num_queries(4):
        first = api.get("/api/v1/auth/log", {"page_size": 2}).json()
    line = first["results"][0]
    assert (line["words"], line["name"], line["details"], line["by"]) == (
        "Portfolio’s settings changed",
        portfolio.name,
        ["name, cost method"],
        "you",
    )
    seen = [*first["results"]]
    onward = first["next"]
    while onward:
        answer = api.get(onward).json()
        seen, onward = [*seen, *answer["results"]], answer["next"]
    assert [line["id"] for line in seen] == list(
        AuditEntry.objects.filter(subject=person.pk).order_by("-sequence").values_list("sequence", flat=True)
    )
