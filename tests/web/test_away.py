"""A database that cannot be asked is 503 with a time to come again, on pages and in the API; a mistake of ours stays 500."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import InterfaceError, OperationalError

from portfolio_site.web.away import RETRY_AFTER, is_away


def _caused(problem: Exception, cause: Exception | None) -> Exception:
    problem.__cause__ = cause
    return problem


def _state(code: str) -> Exception:
    class Told(psycopg.OperationalError):
        sqlstate = code

    return Told("x")


@pytest.mark.parametrize(
    "problem",
    [
        _caused(OperationalError("x"), psycopg.OperationalError("connection refused")),
        _caused(OperationalError("x"), _state("57P01")),
        _caused(OperationalError("x"), _state("53300")),
        _caused(OperationalError("x"), _state("40P01")),
        _caused(InterfaceError("x"), psycopg.InterfaceError("the connection is closed")),
        _caused(OperationalError("x"), sqlite3.OperationalError("database is locked")),
    ],
)
def test_what_another_try_may_mend_is_away(problem):
    assert is_away(problem)


@pytest.mark.parametrize(
    "problem",
    [
        None,
        ValueError("x"),
        _caused(OperationalError("x"), sqlite3.OperationalError("no such table: a")),
        _caused(OperationalError("x"), _state("42P01")),
    ],
)
def test_a_mistake_of_ours_is_not(problem):
    assert not is_away(problem)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/dashboard/", "/api/v1/portfolios"])
def test_pages_and_the_api_say_when_to_come_again(client, person, monkeypatch, path):
    client.force_login(person)
    client.raise_request_exception = False

    def refused(*_: object, **__: object) -> None:
        raise _caused(OperationalError("x"), psycopg.OperationalError("connection refused"))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("django.db.models.query.QuerySet._fetch_all", refused)  # whoever asks first: the session, or the view
        answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_AFTER))
    assert "cannot be asked" in answer.content.decode()
