"""What pages and calls of alerts cost, however many rules there are."""

from __future__ import annotations

import pytest

from alerts import services
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[1, 12])
def many(request, person):
    """So many rules on instruments, and as many on portfolios."""
    portfolio = factories.make_portfolio(person)
    for number in range(request.param):
        instrument = factories.make_instrument(price="10", previous="9")
        services.create_rule(person, kind="price_above", instrument=instrument, threshold=factories.D(11))
        services.create_rule(person, kind="value_above", portfolio=portfolio if number % 2 else None, threshold=factories.D(11))
        factories.set_quote(instrument, "12", "10")
        services.check_rules([instrument.pk])
    return portfolio


def _cost(django_assert_max_num_queries, most, ask):
    with django_assert_max_num_queries(most) as counted:
        assert ask().status_code == 200
    return len(counted.captured_queries)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/alerts/", 9), ("/alerts/card/", 9), ("/alerts/count/", 6), ("/notifications/", 10), ("/alerts/add/?kind=drift", 12)],
)
def test_a_page_costs_as_many_queries_for_one_rule_as_for_many(signed_in, many, path, most, django_assert_max_num_queries):
    signed_in.get("/alerts/count/")
    _cost(django_assert_max_num_queries, most, lambda: signed_in.get(path))


@pytest.mark.parametrize(
    ("path", "most"), [("/api/v1/alerts", 4), ("/api/v1/notifications", 4), ("/api/v1/alerts/events", 4), ("/api/v1/alerts/kinds", 0)]
)
def test_a_call_costs_as_many_queries_for_one_rule_as_for_many(api, many, path, most, django_assert_max_num_queries):
    _cost(django_assert_max_num_queries, most, lambda: api.get(path))


def test_a_look_at_a_portfolio_reads_it_once_for_all_rules_on_it(many, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        services.look_at_due()
