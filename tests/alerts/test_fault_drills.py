"""Alerts while everything that can fail does: senders killed, Redis emptied and killed, connections to the database cut, a mail server
that hangs up.  Real workers, a real scheduler, PostgreSQL and Redis of the drill's own.  Of the long form only (`make drills`).
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections import Counter

import pytest

from tests.alerts.mail_server import MailServer
from tests.alerts.services_of_our_own import Postgres, Redis
from tests.drills.fleet import Fleet

ALERTS, KILLS, SENDERS = 400, 24, 2
RECOVERS_IN = 60  # seconds from the last fault, or from its acknowledgement if that is later, to each mail
BROKEN = ("drop", "451 later")  # answers of the mail server now and then


def _faults(fleet: Fleet, postgres: Postgres, redis: Redis, mail: MailServer, luck: random.Random) -> int:
    """All of them, by chance and one after another; how many senders were killed."""
    senders = [f"sender-{number}" for number in range(SENDERS)]
    for number in range(KILLS):
        time.sleep(luck.uniform(0.5, 2.5))
        name = luck.choice(senders)
        fleet.kill(name)
        fleet.start(name)
        mail.answers += luck.choices(BROKEN, k=2)
        if number % 6 == 1:
            redis.flush()
        if number % 6 == 3:
            postgres.cut_everybody_off()
        if number % 8 == 5:
            redis.kill()
            time.sleep(2)
            redis.start()
        if number == KILLS // 2:
            fleet.kill("beat")
            fleet.start("beat")
    return KILLS


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.own_process
@pytest.mark.skipif(os.environ.get("DRILLS") != "long", reason="some minutes; make drills")
def test_alerts_arrive_once_each_through_every_fault_and_within_a_minute_of_the_last(tmp_path):
    postgres, redis, mail = Postgres(), Redis(tmp_path), MailServer()
    fleet = Fleet(tmp_path, database=postgres.url, redis=redis.url, EMAIL_URL=f"smtp://127.0.0.1:{mail.port}")
    try:
        assert fleet.drill("prepare", ALERTS).wait(600) == 0
        fleet.start("beat", *(f"sender-{number}" for number in range(SENDERS)))
        firing = fleet.drill("fire", 0, ALERTS)
        kills = _faults(fleet, postgres, redis, mail, random.Random(7))
        last_fault = time.monotonic()
        mail.answers.clear()
        out, _ = firing.communicate(timeout=600)
        acknowledged = dict(json.loads(line) for line in out.splitlines())
        ends = max(last_fault, *acknowledged.values()) + RECOVERS_IN
        while len(mail.first_at) < ALERTS and time.monotonic() < ends:
            time.sleep(0.5)
        time.sleep(2)
        seen = fleet.look()
    finally:
        fleet.close()
        mail.close()
        redis.end()
        postgres.close()
    arrived, doubtful = Counter(mail.journal), mail.dropped
    doubled = sum(arrived.values()) - ALERTS
    ids = {int(number): f"<{key.replace(':', '.')}@127.0.0.1>" for number, key in seen["mails"].items()}
    # how long each mail took once it was acknowledged and nothing was broken any more
    took = [mail.first_at.get(ids[number], math.inf) - max(at, last_fault) for number, at in acknowledged.items()]
    print({"kills": kills, "hung up": doubtful, "doubled": doubled, "recovered in": round(max(took), 1), "sent": seen["sent"]})
    assert set(acknowledged) == set(range(ALERTS)) == set(ids) and seen["firings"] == ALERTS and len(seen["keys"]) == ALERTS
    assert set(arrived) == set(ids.values()), "an alert is lost, or an id is not ours"
    assert doubled <= kills + doubtful, "more mails than kills and doubtful answers explain"
    assert max(took) < RECOVERS_IN
