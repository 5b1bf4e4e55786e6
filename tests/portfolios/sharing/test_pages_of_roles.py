"""Pages offer what a role may do, and nothing that would be refused."""

from __future__ import annotations

from datetime import date

import pytest

from portfolios.roles import Action, Role, may
from portfolios.sharing.memberships import set_membership
from tests import factories

pytestmark = pytest.mark.django_db

WRITING = (
    'aria-label="Edit buy',
    'aria-label="Void buy',
    'aria-label="Duplicate buy',
    "Many at once",
    "Record a trade",
    "Record a sale",
    "Add a transaction",
)
OFFERED = {
    "/transactions/?p={p}": "Many at once",
    "/holdings/{i}/?p={p}": "Record a trade",
    "/portfolios/{p}/lots/": "Record a sale",
    "/portfolios/{p}/lots/?show=sales": "/edit/",
    "/portfolios/{empty}/lots/": "Add a transaction",
    "/holdings/?p={empty}": "Add by hand",
    "/dashboard/?p={empty}": "Add by hand",
}


@pytest.fixture
def shared(person):
    apple = factories.make_instrument("AAPL", price="120")
    portfolio, empty = factories.make_portfolio(person), factories.make_portfolio(person, name="Empty")
    factories.record(portfolio, "deposit", date(2026, 1, 2), amount="5000")
    factories.record(portfolio, "buy", date(2026, 1, 5), apple, quantity="10", price="100")
    factories.record(portfolio, "sell", date(2026, 2, 5), apple, quantity="2", price="110")
    return portfolio, empty, apple


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("address", OFFERED)
def test_a_page_offers_to_write_to_those_alone_who_may(client, person, stranger, shared, role, address):
    portfolio, empty, apple = shared
    who = person
    if role is not Role.OWNER:
        who = stranger
        for one in (portfolio, empty):
            set_membership(one, stranger, role)
    client.force_login(who)
    answer = client.get(address.format(p=portfolio.pk, i=apple.pk, empty=empty.pk), follow=True)
    page = answer.content.decode()
    content = page[page.index("<main") : page.index("</main")]
    assert answer.status_code == 200
    if may(role, Action.WRITE):
        assert OFFERED[address] in content
    else:
        assert OFFERED[address] not in content and "/edit/" not in content and "/void/" not in content
        assert not any(words in content for words in WRITING) and 'href="/import/"' not in content
