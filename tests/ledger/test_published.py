"""Examples that tax authorities published, to the figure that they print; each test names its source.

HMRC prints whole pounds; the ledger keeps every digit, so its figures are rounded here before they are compared.
"""

from __future__ import annotations

import pytest

from portfolio_site.kernel.decimals import rounded
from tests.ledger.build import GBP, USD, D, Ledger, at, day, leg, lot_choices

CENTS, POUNDS = 2, 0


class Written(Ledger):
    """A ledger in one currency, written as the sources do: so many units for so much."""

    currency = GBP

    def bought(self, when, quantity, amount, instrument=1, **more):
        return self.trade("buy", when, quantity, 0, instrument, self.currency, gross=amount, **more)

    def sold(self, when, quantity, amount, instrument=1, **more):
        return self.trade("sell", when, quantity, 0, instrument, self.currency, gross=amount, **more)


class InDollars(Written):
    currency = USD


def in_pounds():
    return Written(base=GBP, method="section104")


def in_dollars(**rules):
    return InDollars(base=USD, **rules)


def gain_of(book, sale):
    return sum(match.gain for match in book.matches if match.sale_id == sale)


def taken(book, sale):
    """What a sale took: (units, from which purchase; None: from the pool)."""
    return [(match.quantity, match.buy_id) for match in book.matches if match.sale_id == sale]


def pool(book, instrument=1):
    position = book.positions[instrument]
    return position.quantity, rounded(position.cost, POUNDS)


# ── HM Revenue & Customs, Capital Gains Manual, CG51560: the same day, and the thirty days after ──


def back_and_forth(holding, sold_on, sold, bought_on, bought):
    ledger = in_pounds().bought("2005-01-04", holding, holding).sold(sold_on, sold, sold * 2).bought(bought_on, bought, bought * 3)
    return taken(ledger.book(), 2)


def test_cg51560_example_1_shares_bought_back_on_the_thirtieth_day_are_those_that_were_sold():
    assert back_and_forth(1000, "2011-07-01", 1000, "2011-07-31", 1000) == [(1000, 3)]


def test_cg51560_example_2_what_was_not_bought_back_comes_from_the_pool():
    assert back_and_forth(2500, "2012-03-27", 1700, "2012-03-30", 500) == [(500, 3), (1200, None)]


def test_cg51560_example_3_the_thirty_first_day_is_too_late():
    assert back_and_forth(10000, "2009-02-28", 2000, "2009-03-31", 3000) == [(2000, None)]


# ── HM Revenue & Customs, Capital Gains Manual, CG51590: examples of the section 104 holding ──


def test_cg51590_example_1_a_bed_and_breakfast_and_then_a_part_of_the_pool():
    ledger = in_pounds().bought("2006-04-15", 1000, 1300).bought("2006-08-04", 1000, 1450).bought("2007-01-19", 500, 950)
    book = ledger.sold("2010-03-16", 2000, 6850).bought("2010-04-07", 2000, 6790).sold("2010-12-10", 2200, 7700).book()
    assert gain_of(book, 4) == 60
    assert [match.cost for match in book.matches if match.sale_id == 6] == [3256]
    assert (gain_of(book, 6), pool(book)) == (4444, (300, 444))


def test_cg51590_example_2_rights_taken_up_join_the_pool():
    ledger = in_pounds().bought("2008-08-17", 10000, 2500).bought("2009-04-01", 10000, 2600)
    ledger.trade("rights", "2009-10-08", 4000, 0, currency=GBP, gross=1060)
    book = ledger.sold("2012-12-10", 7500, 3000).book()
    assert (book.matches[0].cost, gain_of(book, 4)) == (1925, 1075)
    assert pool(book) == (16500, 4235)  # the manual prints 4,236, which is not 6,160 − 1,925


def test_rights_taken_up_are_never_matched_with_a_sale_of_the_thirty_days_before():
    """The rule of TCGA 1992 s127 that CG51590 applies; the numbers are our own."""
    ledger = in_pounds().bought("2020-01-06", 100, 1000).sold("2020-03-02", 50, 800)
    book = ledger.trade("rights", "2020-03-09", 25, 0, currency=GBP, gross=100).book()
    assert (taken(book, 2), pool(book)) == ([(50, None)], (75, 600))


def test_cg51590_example_3_a_pool_of_several_purchases():
    """The purchases of before 31 March 1982 at their value of that day, as the example has them."""
    ledger = in_pounds().bought("1979-05-27", 7500, 21000).bought("1988-02-06", 4000, 16500).bought("1993-07-28", 4000, 17000)
    book = ledger.bought("2005-03-31", 6000, 29000).sold("2013-06-13", 16500, 114675).book()
    assert (rounded(book.matches[0].cost, POUNDS), pool(book)) == (64081, (5000, 19419))
    assert abs(gain_of(book, 5) - 50594) < 1


def test_cg51590_example_4_two_rights_issues():
    ledger = in_pounds().bought("1997-09-24", 15000, 6750)
    ledger.trade("rights", "2001-01-30", 9000, 0, currency=GBP, gross=3600).bought("2004-06-14", 12000, 13800)
    book = ledger.trade("rights", "2005-11-26", 9000, 0, currency=GBP, gross=9450).sold("2010-02-23", 20000, 39000).book()
    assert abs(book.matches[0].cost - 14934) < 1  # 14,933.33: HMRC rounds up what may be deducted
    assert (abs(gain_of(book, 5) - 24066) < 1, book.positions[1].quantity) == (True, 25000)
    assert abs(book.positions[1].cost - 18666) < 1


# ── HM Revenue & Customs, helpsheet HS284, "Shares and Capital Gains Tax" ──


def test_hs284_example_2_five_hundred_of_four_thousand_are_bought_back():
    book = in_pounds().bought("2015-01-05", 9500, 14250).sold("2024-08-30", 4000, 6000).bought("2024-09-11", 500, 850).book()
    bought_back, _ = book.matches
    assert (bought_back.quantity, bought_back.proceeds, bought_back.cost, bought_back.gain) == (500, 750, 850, -100)
    assert taken(book, 2) == [(500, 3), (3500, None)]


def test_hs284_example_3_two_sales_out_of_one_holding():
    ledger = in_pounds().bought("2015-04-01", 1000, 4000, fees=150).bought("2018-09-01", 500, 2050, fees=80)
    book = ledger.sold("2023-05-01", 700, 3360, fees=100).sold("2024-02-01", 400, 2080, fees=105).book()
    assert [rounded(match.cost, CENTS) for match in book.matches] == [D("2930.67"), D("1674.67")]
    assert [rounded(match.gain, POUNDS) for match in book.matches] == [329, 300]
    assert rounded(book.realised, CENTS) == D("629.67")


# ── HM Revenue & Customs, Cryptoassets Manual, CRYPTO22251 and following: pooling examples ──


def test_crypto22251_a_part_of_a_pool():
    book = in_pounds().bought("2020-01-01", 100, 1000).bought("2020-09-18", 50, 125000).sold("2020-12-01", 50, 300000).book()
    assert (gain_of(book, 3), pool(book)) == (258000, (100, 84000))


def test_crypto22252_the_same_day_before_the_pool_also_what_was_sold_before_it_was_bought():
    ledger = in_pounds().bought("2020-01-01", 5000, 500).sold("2020-06-23", 1000, 800, time=at("2020-06-23 09:00"))
    book = ledger.bought("2020-06-23", 1600, 1000, time=at("2020-06-23 14:00")).sold("2020-06-23", 500, 600, time=at("2020-06-23 19:00")).book()
    assert sum(match.cost for match in book.matches) == D("937.5")  # printed as 938
    assert (rounded(book.realised, POUNDS), book.positions[1].quantity) == (462, 5100)
    assert book.positions[1].cost == D("562.5")  # printed as 562


def test_crypto22253_thirty_days_the_earliest_purchase_first():
    ledger = in_pounds().bought("2020-01-01", 2000, 1000).sold("2020-03-31", 1000, 400).sold("2020-04-20", 500, 150)
    book = ledger.bought("2020-04-21", 700, 175).bought("2020-04-28", 500, 100).bought("2020-05-01", 500, 150).book()
    assert taken(book, 2) == [(700, 4), (300, 5)]
    assert taken(book, 3) == [(200, 5), (300, 6)]
    assert (gain_of(book, 2), gain_of(book, 3), pool(book)) == (165, 20, (2200, 1060))


def test_crypto22255_thirty_days_and_then_the_pool():
    book = in_pounds().bought("2020-01-01", 14000, 200000).sold("2020-08-30", 4000, 160000).bought("2020-09-11", 500, 17500).book()
    assert [match.cost for match in book.matches] == [17500, 50000]
    assert (book.realised, pool(book)) == (92500, (10500, 150000))


def test_crypto22256_the_same_day_thirty_days_and_the_pool():
    ledger = in_pounds().bought("2020-01-01", 100000, 300000).bought("2020-07-31", 10000, 45000).sold("2020-07-31", 30000, 150000)
    book = ledger.sold("2020-08-05", 20000, 100000).bought("2020-08-06", 50000, 225000).sold("2020-08-07", 100000, 150000).book()
    assert [match.cost for match in book.matches if match.sale_id == 3] == [45000, 90000]
    assert (gain_of(book, 3), gain_of(book, 4)) == (15000, 10000)
    assert rounded(gain_of(book, 6), POUNDS) == rounded(150000 - D(345000) * 100000 / 110000, POUNDS)  # the pool: 110,000 for £345,000
    assert book.positions[1].quantity == 10000


def test_crypto22257_the_purchases_of_one_day_are_one_purchase():
    """The side of token H: two purchases on 31 August, 15,000 for £4,850 together, of which 5,000 were sold on that day."""
    ledger = in_pounds().bought("2020-08-31", 10000, 3200).sold("2020-08-31", 5000, 1700).bought("2020-08-31", 5000, 1650)
    book = ledger.book()
    assert sum(match.cost for match in book.matches) == rounded(D(4850) * 5000 / 15000)
    assert book.positions[1].quantity == 10000


# ── Internal Revenue Service ──


def fund(**rules):
    """Publication 564 (2009), "Mutual Fund Distributions", table 3."""
    ledger = in_dollars(**rules).bought("2008-02-06", 160, 4000).bought("2008-08-07", 240, 4800).bought("2008-12-18", 10, 300)
    return ledger.sold("2009-10-01", 210, 6720).book()


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
    ledger = in_dollars().bought("2007-05-10", 100, 1000).bought("2008-05-10", 100, 1200).bought("2008-06-10", 100, 2600)
    sold = ledger.sold("2009-05-11", 150, 3000).book()
    assert (sold.matches[0].cost, sold.positions[1].cost, sold.positions[1].average_cost) == (2400, 2400, 16)


def test_irs_questions_a_split_divides_the_basis_lot_by_lot():
    """IRS, Frequently Asked Questions, "Stocks (options, splits, traders)": lots of 100 at $10 and at $12, and a split of two for one."""
    book = in_dollars(method="fifo").bought("2020-01-06", 100, 1000).bought("2020-02-03", 100, 1200).split("2020-03-02", 2, 1).book()
    assert [(lot.quantity, lot.cost, lot.unit_cost) for lot in book.positions[1].lots] == [(200, 1000, 5), (200, 1200, 6)]


def test_publication_550_a_stock_dividend_divides_the_basis_of_each_old_share():
    """Publication 550, "Stock dividends", new and old stock identical: two shares, of $30 and $45, become three each, of $10 and $15."""
    ledger = in_dollars(method="fifo").bought("2020-01-06", 1, 30).bought("2020-02-03", 1, 45)
    book = ledger.event("stock_dividend", "2020-03-02", instrument=1, quantity=4).book()
    assert [(lot.opened_on, lot.quantity, lot.unit_cost) for lot in book.positions[1].lots] == [
        (day("2020-01-06"), 3, 10),
        (day("2020-02-03"), 3, 15),
    ]


def test_publication_550_a_spin_off_takes_a_share_of_the_basis():
    """Publication 550, "Corporate reorganizations", example 2: 75 shares with a basis of $5,400, 10.9624 % of it moves to 25 new ones."""
    ledger = in_dollars().bought("2010-01-04", 75, 5400)
    book = ledger.event("spin_off", "2013-07-26", instrument=1, legs=(leg(2, "1:3", "0.109624", currency=USD),)).book()
    assert (book.positions[2].quantity, rounded(book.positions[2].cost, 0), rounded(book.positions[1].cost, 0)) == (25, 592, 4808)
    assert (book.positions[2].lots[0].opened_on, book.realised) == (day("2010-01-04"), 0)


def test_publication_17_a_return_of_capital_lowers_the_basis_and_is_a_gain_below_nothing():
    """Publication 17 (2017), "Nondividend distributions": bought for $100, $80 in 2007, $30 in 2017, of which $10 are a gain."""
    ledger = in_dollars().bought("2004-03-01", 1, 100).event("return_of_capital", "2007-03-01", instrument=1, amount=80)
    assert ledger.book().positions[1].cost == 20
    book = ledger.event("return_of_capital", "2017-03-01", instrument=1, amount=30).book()
    assert (book.positions[1].cost, book.realised) == (0, 10)


def test_26_cfr_1_307_1_rights_take_a_share_of_the_basis_and_bring_it_into_the_new_stock():
    """Code of Federal Regulations, title 26, §1.307-1: 100 shares for $10,000; rights worth $19 beside shares worth $110; taken up at $90."""
    ledger = in_dollars().bought("1947-01-02", 100, 10000)
    share = rounded(D(1900) / D(12900))
    ledger.event("spin_off", "1954-01-04", instrument=1, legs=(leg(2, "1:1", str(share), currency=USD),))
    handed_out = ledger.book()
    assert rounded(handed_out.positions[1].average_cost, 4) == D("85.2713")
    assert rounded(handed_out.positions[2].average_cost, 4) == D("14.7287")
    ledger.event("merger", "1954-02-01", instrument=2, legs=(leg(1, "1:1", 1, currency=USD),), cash=-9000)
    lots = ledger.book(method="fifo").positions[1].lots
    assert [rounded(lot.unit_cost, 4) for lot in lots] == [D("85.2713"), D("104.7287")]


def test_cash_for_a_fraction_is_a_sale_of_it():
    """H&R Block, "Fractional shares": 55 shares for $1,000, three for two, $10 for the half share: a gain of $3.94."""
    ledger = in_dollars().bought("2010-01-04", 55, 1000)
    book = ledger.split("2012-01-04", 3, 2, fraction="0.5", cash=10, currency=USD).book()
    (match,) = book.matches
    assert (match.quantity, rounded(match.cost, CENTS), rounded(match.gain, CENTS)) == (D("0.5"), D("6.06"), D("3.94"))
    assert book.positions[1].quantity == 82


@pytest.mark.parametrize("named", [True, False])
def test_shares_that_are_not_identified_are_sold_first_in_first_out(named):
    """Publication 550, "Identifying stock or bonds sold": the rule; the numbers are our own."""
    ledger = in_dollars(method="specific").bought("2020-01-06", 100, 1000).bought("2020-02-03", 100, 1600)
    book = ledger.sold("2020-03-02", 100, 2000, lots=lot_choices("2:100") if named else ()).book()
    assert book.realised == (400 if named else 1000)
