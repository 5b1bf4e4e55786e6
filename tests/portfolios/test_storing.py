"""Rows stored in bulk are the rows that would be stored one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from portfolios.models import ImportBatch, ImportRow, Transaction
from portfolios.services.storing import _AT_ONCE, FEW, store
from tests.factories import make_instrument, make_person, make_portfolio

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def entries() -> Callable[..., list[Transaction]]:
    portfolio, instruments = make_portfolio(make_person()), [make_instrument("ASML"), make_instrument("SAP")]

    def made(count: int, **more: Any) -> list[Transaction]:
        return [
            Transaction(
                **{
                    "portfolio": portfolio,
                    "instrument": instruments[place % 2],
                    "kind": "transfer_in",
                    "traded_on": date(2024, 1, 1 + place % 28),
                    "traded_at": NOW if place % 3 == 0 else None,
                    "quantity": D(place) / 8 + 1,
                    "notes": "tab\t line\n back\\slash “é”" if place % 2 else "",
                    "lots": [{"n": place}] if place % 5 == 0 else None,
                    "currency": "EUR",
                    "ratio_new": D("1.5") if place % 7 == 0 else None,
                    "source": "it's 100 % \\ ?",
                    "source_key": f"key {place}",
                    "recorded_at": NOW,
                    **more,
                }
            )
            for place in range(count)
        ]

    return made


def shown(rows: Any) -> list[dict[str, Any]]:
    return [{field.attname: getattr(row, field.attname) for field in Transaction._meta.concrete_fields} for row in rows]


def test_many_rows_are_stored_as_they_are_with_keys_that_rise_in_their_order(entries: Any, django_assert_max_num_queries: Any) -> None:
    rows = entries(FEW * 3)
    with django_assert_max_num_queries(4):
        store(rows)
    keys = [row.pk for row in rows]
    assert keys == sorted(set(keys)) and all(not row._state.adding for row in rows)
    stored = list(Transaction.objects.order_by("pk"))
    assert shown(stored) == shown(rows)
    assert stored[0].quantity == D(1) and stored[1].notes == "tab\t line\n back\\slash “é”" and stored[5].lots == [{"n": 5}]


@pytest.mark.parametrize("count", [_AT_ONCE, _AT_ONCE + 1, 2 * _AT_ONCE + FEW])
def test_so_do_more_than_are_made_ready_at_once_where_there_is_nothing_to_check(entries: Any, count: int) -> None:
    rows = entries(count, ratio_new=None)
    store(rows)
    keys = [row.pk for row in rows]
    assert keys == sorted(set(keys))
    assert shown(Transaction.objects.order_by("pk")) == shown(rows)


def test_rows_that_differ_in_nothing_but_what_is_sealed_are_stored(entries: Any) -> None:
    rows = entries(
        FEW * 2, instrument=None, kind="deposit", traded_on=date(2024, 1, 1), traded_at=None, ratio_new=None, source="100 % it's", source_key=""
    )
    store(rows)
    assert shown(Transaction.objects.order_by("pk")) == shown(rows)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL always checks")
@pytest.mark.parametrize("portfolio", [{}, {"portfolio": None}])
def test_checks_are_on_again_after_rows_with_nothing_to_check(entries: Any, portfolio: dict[str, Any]) -> None:
    with contextlib.suppress(IntegrityError), transaction.atomic():
        store(entries(FEW * 2, ratio_new=None, **portfolio))
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        entries(1)[0].save()
        cursor.execute("UPDATE portfolios_transaction SET ratio_new = '1.5'")


def test_few_rows_get_their_keys_too(entries: Any) -> None:
    rows = entries(3)
    store(rows)
    assert shown(Transaction.objects.order_by("pk")) == shown(rows)
    store([])


def test_a_row_that_stands_already_stores_none_of_them(entries: Any) -> None:
    store(entries(1))
    with pytest.raises(IntegrityError):
        store(entries(FEW * 2)[::-1])
    assert Transaction.objects.count() == 1


def test_an_entry_of_no_portfolio_is_refused(entries: Any) -> None:
    with pytest.raises(IntegrityError):
        store(entries(FEW * 2, portfolio=None))


def test_equal_texts_are_sealed_apart(entries: Any) -> None:
    store(entries(FEW * 2, quantity=D(1), notes="", lots=None))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT sealed) FROM portfolios_transaction")
        assert cursor.fetchone()[0] == FEW * 2


def test_rows_of_an_import_are_stored_with_their_drafts(entries: Any) -> None:
    portfolio = entries(1)[0].portfolio
    batch = ImportBatch.objects.create(portfolio=portfolio, uploaded_by=portfolio.owner, file_name="a.csv")
    store([ImportRow(batch=batch, number=n, verdict="new", draft={"n": n}, remarked=n % 2 == 0) for n in range(FEW * 2)])
    read = list(ImportRow.objects.order_by("number"))
    assert [(row.draft, row.remarked, row.reason) for row in read] == [({"n": n}, n % 2 == 0, "") for n in range(FEW * 2)]
