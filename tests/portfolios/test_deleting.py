"""A portfolio goes with everything in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from portfolios.models import Portfolio, Transaction, TransactionLeg
from portfolios.services import delete_portfolio, record_many
from tests.portfolios.every_kind import drafts_of_every_kind, make_world


@pytest.mark.django_db
def test_a_portfolio_with_spin_offs_and_mergers_can_be_deleted_and_leaves_nothing(person: Any) -> None:
    world = make_world(person)
    record_many(person, world.portfolio, drafts_of_every_kind(world))
    assert TransactionLeg.objects.exists()
    delete_portfolio(person, world.portfolio)
    connection.check_constraints()
    assert not (Portfolio.objects.exists() or Transaction.objects.exists() or TransactionLeg.objects.exists())
