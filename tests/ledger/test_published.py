"""Examples that others published, to the figure that they print."""

from __future__ import annotations

from portfolio_site.kernel.decimals import rounded
from tests.ledger.build import USD, D, Ledger


def fund(**rules):
    """Internal Revenue Service, Publication 564 (2009), "Mutual Fund Distributions", table 3."""
    ledger = Ledger(base=USD, **rules)
    ledger.buy("2008-02-06", 160, 25, currency=USD).buy("2008-08-07", 240, 20, currency=USD).buy("2008-12-18", 10, 30, currency=USD)
    return ledger.sell("2009-10-01", 210, 32, currency=USD).book()


def test_publication_564_first_in_first_out():
    book = fund(method="fifo")
    assert [(match.quantity, match.cost) for match in book.matches] == [(160, 4000), (50, 1000)]
    assert book.realised == 6720 - 5000


def test_publication_564_average_basis():
    (match,) = fund(method="average").matches
    assert rounded(match.cost / match.quantity, 2) == D("22.20")  # "$9,100 (cost of 410 shares)" by 410
    assert match.cost == rounded(D(9100) * 210 / 410)


def test_publication_564_remaining_shares_keep_the_average():
    """The same publication: 300 shares with a basis of $4,800, 150 of them sold at $16 of basis each: $2,400."""
    book = Ledger(base=USD).buy("2007-05-10", 100, 10, currency=USD).buy("2008-05-10", 100, 12, currency=USD).buy("2008-06-10", 100, 26, currency=USD)
    sold = book.sell("2009-05-11", 150, 20, currency=USD).book()
    assert (sold.matches[0].cost, sold.positions[1].cost, sold.positions[1].average_cost) == (2400, 2400, 16)
