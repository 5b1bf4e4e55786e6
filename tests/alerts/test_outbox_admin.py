"""The administration says how each channel does, and sends again; it shows nobody's sentences."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone as clock

from alerts.models import Delivery
from alerts.outbox.selectors import channel_reports

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(person):
    now = clock.now()
    common = {"owner": person, "channel": "email", "family": "price", "payload": {"sentence": "AAPL rose to $101.50."}}
    for number, (state, due) in enumerate(
        [("waiting", 60), ("waiting", -60), ("sending", 30), ("dead", None), ("sent", None), ("sent", None), ("sent", None)]
    ):
        Delivery.objects.create(
            key=f"k{number}",
            state=state,
            sent_at=now if state == "sent" else None,
            next_at=None if due is None else now + timedelta(seconds=due),
            **common,
        )


def test_depth_oldest_due_dead_and_success_of_each_channel_in_one_query(rows, django_assert_num_queries):
    with django_assert_num_queries(1):
        reports = {one.channel: one for one in channel_reports()}
    mail = reports["email"]
    assert (mail.waiting, mail.due, mail.dead, mail.sent_today, mail.success) == (3, 1, 1, 3, 0.75)
    assert mail.oldest_due < clock.now()
    assert reports["sms"].success is None and set(reports) == {"email", "push", "sms", "webhook"}


def test_the_list_shows_them_sends_again_and_holds_no_sentence(admin_client, rows):
    page = admin_client.get("/admin/alerts/delivery/").content.decode()
    assert "75" in page and "Not delivered" in page and "101.50" not in page
    dead = Delivery.objects.get(state="dead")
    answer = admin_client.post("/admin/alerts/delivery/", {"action": "send_again", "_selected_action": [dead.pk]}, follow=True)
    assert "1 of 1 are sent again" in answer.content.decode()
    assert Delivery.objects.get(pk=dead.pk).state == "waiting"
    assert "101.50" not in admin_client.get(f"/admin/alerts/delivery/{dead.pk}/change/").content.decode()
