"""A name that somebody has and one that nobody has: the same answer, sign by sign, and after the same time."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.backends import SignInBackend
from tests.accounts.conftest import PASSWORD

LONG = os.environ.get("DRILLS") == "long"
SAMPLES = 200 if LONG else 7
MOST_APART = 0.010  # seconds between the medians, of the long form
WRONG = "another plumb line"
_CHANGES = re.compile(r'(nonce|value)="[A-Za-z0-9+/=_-]{20,}"|"request_id": ?"[^"]*"|\d\d:\d\d')


def _page(name: str, **sent: str) -> Any:
    return Client().post(reverse(name), sent)


WAYS: dict[str, Callable[[str], Any]] = {
    "sign-in by name": lambda who: _page("account_login", login=who, password=WRONG),
    "sign-in by address": lambda who: _page("account_login", login=f"{who}@example.org", password=WRONG),
    "reset": lambda who: _page("account_reset_password", email=f"{who}@example.org"),
    "API login": lambda who: APIClient().post("/api/v1/auth/login", {"username": who, "password": WRONG}, format="json"),
}


def told(answer: Any, who: str) -> tuple[Any, ...]:
    """All of an answer that somebody could compare, without what differs from one answer to the next."""
    body = _CHANGES.sub("", answer.content.decode()).replace(who, "…")
    headers = {name: value for name, value in answer.items() if name not in {"Content-Security-Policy", "X-Request-ID", "Content-Length"}}
    return answer.status_code, body, sorted(headers), sorted(answer.cookies)


@pytest.fixture
def hashed_in_earnest(django_user_model: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marta, and passwords hashed as in production."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert settings.ACCOUNT_PREVENT_ENUMERATION
    monkeypatch.setattr("accounts.adapter.insist", lambda *_: True)  # mails go out later, by the queue
    django_user_model.objects.create_user("marta", "marta@example.org", PASSWORD)


def medians(way: str, samples: int) -> tuple[float, float]:
    """Seconds of a known and of an unknown account, in turns.

    The long form goes by the clock; the short one by the time of the processor, which a busy machine does not stretch.
    """
    ask, clock = WAYS[way], time.perf_counter if LONG else time.process_time
    took: dict[str, list[float]] = {"marta": [], "nadia": []}
    for turn in range(samples + 2):
        answers = {}
        for who in ("marta", "nadia") if turn % 2 else ("nadia", "marta"):
            begun = clock()
            answers[who] = ask(who)
            took[who].append(clock() - begun)
        assert told(answers["marta"], "marta") == told(answers["nadia"], "nadia")
    known, unknown = (median(times[2:]) for times in took.values())  # the first ones load what the others find loaded
    return known, unknown


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS)
def test_nobody_learns_by_answer_or_time_whether_an_account_exists(way: str, hashed_in_earnest: None) -> None:
    known, unknown = medians(way, SAMPLES)
    bar = MOST_APART if LONG else max(0.3 * max(known, unknown), 0.02)
    assert abs(known - unknown) <= bar, f"{way}: {1000 * known:.1f} ms of a known account, {1000 * unknown:.1f} ms of another"


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_early_for_want_of_a_hash_would_be_seen(hashed_in_earnest: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SignInBackend, "_mitigate_timing_attack", lambda *_: None)
    known, unknown = medians("API login", 4)
    assert known - unknown > 0.3 * known
