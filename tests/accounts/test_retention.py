"""What is kept goes when its time is over, not a second before; and the privacy page says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import tasks
from accounts.data_rights import registry, retention
from accounts.models import DataExport, IdempotencyKey
from portfolio_site.schedule import jobs

pytestmark = pytest.mark.django_db


def test_rows_go_at_their_limit_and_stay_a_second_before(marta: Any, time_machine: Any, capsys: pytest.CaptureFixture[str]) -> None:
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    limits = {"k": ("accounts.IdempotencyKey", timedelta(hours=24)), "e": ("accounts.DataExport", timedelta(days=90))}
    for seconds in (-1, 0, 1):  # older than the limit by so much
        key = IdempotencyKey.objects.create(user=marta, key=f"k{seconds}", fingerprint="f")
        IdempotencyKey.objects.filter(pk=key.pk).update(created_at=now - limits["k"][1] - timedelta(seconds=seconds))
        DataExport.objects.create(user=marta, status="taken", asked_at=now - limits["e"][1] - timedelta(seconds=seconds))
    running = DataExport.objects.create(user=marta, status="waiting", asked_at=now - timedelta(days=400))
    call_command("retention", dry_run=True)
    said = capsys.readouterr().out
    assert "accounts.IdempotencyKey: 1 would go" in said and "accounts.DataExport: 1 would go" in said
    assert IdempotencyKey.objects.count() == 3
    tasks.apply_retention()
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"k-1", "k0"}
    assert DataExport.objects.count() == 3 and DataExport.objects.filter(pk=running.pk).exists()
    assert any(job.task == "accounts.tasks.apply_retention" and job.hour is not None for job in jobs())


def test_every_rule_names_a_model_and_a_moment_that_there_is() -> None:
    now = timezone.now()
    assert all(many == 0 for _, many in retention.counted(now - timedelta(days=4000)))
    assert {rule.model.lower() for rule in retention.RULES} <= set(registry.declared())


def test_the_privacy_page_is_open_to_everybody_and_made_of_the_lists(client: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/privacy/", headers={"sec-gpc": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Entries of ledgers, with all earlier versions" in page and "Proofs of erasures" in page and "396 days" in page
    assert "what was done must stay provable" in page and "Global Privacy Control" in page


def test_no_cookie_is_set_that_the_page_does_not_name(client: Any, marta: Any) -> None:
    from accounts.data_rights.views import COOKIES

    named = {name for name, _ in COOKIES}
    client.get("/")
    client.post("/settings/toggle/", {"name": "theme"})
    client.force_login(marta)
    client.get("/dashboard/")
    client.get("/settings/profile/")
    assert set(client.cookies) <= named
