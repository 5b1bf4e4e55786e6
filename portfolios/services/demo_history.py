"""The histories of the demo: what a person might have bought, paid and received, month by month, in the demo market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from market.models import Instrument
from portfolios.choices import TransactionKind as Kind
from portfolios.services.demo_rarities import Rarities
from portfolios.services.demo_story import BUY_DAY, CENT, months
from portfolios.services.drafts import TransactionDraft

BREWERY, TAPROOM, TAVERNS, TOWN = "HARBOUR", "HTAPROOM", "HTAVERNS", "TOWN25"


# ── shares held for the long term, in dollars, from 2008 ────────────────────

_BOUGHT: dict[tuple[int, int], tuple[tuple[str, str, str], ...]] = {
    (2008, 1): (
        ("AAPL", "3200", ""),
        ("JNJ", "7800", "The first purchases, after a long Christmas of reading"),
        ("KO", "6400", ""),
        ("XOM", "6900", ""),
    ),
    (2008, 3): (("GE", "5200", ""), ("PG", "4900", "")),
    (2008, 11): (("BAC", "2700", "It looked cheap"), ("MSFT", "5600", "")),
    (2009, 3): (("HD", "4300", ""), ("MSFT", "2400", "")),
    (2010, 2): (("PEP", "5100", ""), ("WMT", "3900", "")),
    (2011, 2): (("DGOLD", "6800", "A tenth in gold"),),
    (2012, 2): (("LLY", "2600", ""), ("JPM", "6100", "")),
    (2013, 2): (("UNH", "3100", ""), ("CVX", "4700", "")),
    (2014, 9): (("MRK", "5600", ""),),
    (2015, 2): (("DGOLD", "3900", ""), ("PFE", "4100", "")),
    (2016, 2): (("JPM", "5200", "From the sale of General Electric"),),
    (2017, 3): (("DCOIN", "1500", "For curiosity; no more than could be lost"),),
    (2018, 2): (("JNJ", "4200", ""), ("DGOLD", "4400", "")),
    (2020, 3): (("HD", "4600", "Bought while everything fell"), ("JPM", "5200", "")),
    (2021, 9): (("WMT", "8400", ""), ("DGOLD", "7600", "")),
    (2022, 6): (("CVX", "6200", ""), ("MRK", "5300", "")),
    (2023, 9): (("PG", "6700", ""),),
    (2024, 6): (("PEP", "7900", ""), ("DGOLD", "8200", "")),
    (2025, 4): (("UNH", "5400", ""), ("JNJ", "6100", "")),
}
_QUARTERLY = {"JNJ": "0.0066", "KO": "0.0076", "XOM": "0.0085", "PG": "0.0064", "PEP": "0.0069", "JPM": "0.0061", "CVX": "0.0092", "MRK": "0.0068"}


def long_term(instruments: Mapping[str, Instrument], until: date) -> list[TransactionDraft]:
    """Single shares, gold and a little of the demo coin; dividends, a gift, a house, taxes."""
    story = Rarities("USD", instruments, until)
    for year, month in months((2008, 1), until):
        middle = date(year, month, BUY_DAY)
        if month == 1:
            story.deposit(date(year, 1, 9), "42000" if year == 2008 else str(5200 + 300 * (year - 2008)), notes="Savings of the year before")
            story.cost(Kind.FEE, date(year, 1, 20), str(24 + 2 * (year - 2008)), notes="Custody")
        for symbol, worth, notes in _BOUGHT.get((year, month), ()):
            story.buy(middle, symbol, worth, fees="4.95", notes=notes)
        if month in {3, 6, 9, 12}:
            for symbol, part in _QUARTERLY.items():
                pays = story.reinvest if symbol == "KO" and year >= 2022 else story.dividend
                pays(date(year, month, 10), symbol, part)
            if year >= 2021:
                story.reward(Kind.STAKING_REWARD, date(year, month, 12), "DCOIN", "0.009", notes="Staking" if month == 3 else "")
        if month == 4:
            story.cost(Kind.TAX, date(year, 4, 14), str(90 + 21 * (year - 2008)), notes="On last year’s dividends")
        if month == 12:
            story.interest(date(year, 12, 30) if date(year, 12, 30) <= until else middle, "0.006")
        for deed in _LONG_TERM_DEEDS.get((year, month), ()):
            deed(story, middle)
    return story.drafts


_Deed = Callable[[Rarities, date], None]
_LONG_TERM_DEEDS: dict[tuple[int, int], tuple[_Deed, ...]] = {
    (2010, 5): (lambda s, day: s.transfer_in(day, "PG", "85", "31.4275", date(2004, 6, 1), notes="From the account at the old broker"),),
    (2012, 9): (lambda s, day: s.sell(day, "BAC", "1", fees="4.95", notes="Patience ran out"),),
    (2016, 1): (lambda s, day: s.sell(day, "GE", "1", fees="4.95"),),
    (2017, 12): (lambda s, day: s.sell(day, "DCOIN", "0.4", fees="9.90", notes="Took out what was put in"),),
    (2018, 6): (
        lambda s, day: s.deposit(day, "4000", "EUR", fx_rate="1.1712", notes="Left over from the summer"),
        lambda s, day: s.buy(
            day + timedelta(days=4), "DWORLD", "3900", fees="6.50", fx_rate="1.1698", costs_in="USD", notes="Paid in euros, at the rate of the bank"
        ),
    ),
    (2018, 7): (lambda s, day: s.exchange(day, "EUR", "USD", notes="What was left over"),),
    (2020, 2): (lambda s, day: s.sell_short(day, "BAC", "90", fees="4.95", notes="A wager against the banks"),),
    (2020, 4): (lambda s, day: s.cover(day, "BAC", fees="4.95", notes="Closed, and never again"),),
    (2021, 11): (lambda s, day: s.reward(Kind.AIRDROP, day, "DCOIN", "0.01", worthless=True, notes="A present to all holders"),),
    (2022, 2): (
        lambda s, day: s.sell(day, "HD", "0.2", fees="4.95", bought=(2020, 3), tags=("house",), notes="The dearer lot, named to the broker"),
    ),
    (2019, 5): (lambda s, day: s.sell(day, "XOM", "0.5", fees="4.95"), lambda s, day: s.sell(day, "AAPL", "0.25", fees="4.95", taxes="410.37")),
    (2019, 6): (lambda s, day: s.withdraw(day, "21500", notes="Towards the house"),),
    (2021, 5): (lambda s, day: s.transfer_out(day, "KO", "40", notes="A gift to Nora"),),
    (2024, 3): (lambda s, day: s.sell(day, "PFE", "1", fees="4.95", notes="The thesis was wrong"),),
    (2025, 9): (lambda s, day: s.withdraw(day, "6200", notes="A bicycle and a summer"),),
}


# ── a savings plan, in euros, from 2013 ─────────────────────────────────────

_SAVINGS_DEEDS: dict[tuple[int, int], tuple[_Deed, ...]] = {
    (2015, 2): (
        lambda s, day: s.deposit(day, "5200", "CHF", fx_rate="0.9389", notes="The Swiss account was closed"),
        lambda s, day: s.buy(day + timedelta(days=8), "DALPIN", "5100", fees="19.00", fx_rate="0.9364"),
    ),
    (2016, 9): (lambda s, day: s.buy(day, "DWATER", "2600", fees="7.90", paid_in="EUR", notes="After the vote"),),
    (2018, 3): (lambda s, day: s.buy(day, "DCITY", "3100", fees="7.90"),),
    (2019, 10): (lambda s, day: s.buy(day, "DWATER", "2200", fees="7.90", paid_in="EUR"),),
    (2021, 4): (lambda s, day: s.sell(day, "DCITY", "0.35", fees="7.90", taxes="61.18"),),
    (2022, 10): (lambda s, day: s.transfer_out(day, "DWORLD", "25", notes="Moved to Jonas’s own account"),),
    (2023, 5): (lambda s, day: s.buy(day, "AAPL", "2900", fees="7.90", paid_in="EUR", places=Decimal(1)),),
    (2024, 5): (lambda s, day: s.sell(day, "DALPIN", "0.4", fees="21.00"),),
    (2025, 3): (lambda s, day: s.withdraw(day, "950", notes="A new boiler, in part"),),
}


def savings_plan(instruments: Mapping[str, Instrument], until: date, *, private: bool = False) -> list[TransactionDraft]:
    """A fund each month, bonds each quarter, and what came along; with `private` also what is not listed (PRIVATE)."""
    story = Rarities("EUR", instruments, until)
    for year, month in months((2013, 1), until):
        middle = date(year, month, BUY_DAY)
        rate_of_saving = 350 + 25 * (year - 2013)
        story.deposit(date(year, month, 2), str(rate_of_saving + 140), notes="Standing order" if month == 1 else "")
        story.buy(middle, "DWORLD", str(rate_of_saving), fees="1.50", places=Decimal("0.000001"), tags=("plan",), notes="Savings plan")
        if month in {2, 5, 8, 11}:
            story.buy(middle, "DBONDS", "260", fees="1.50", places=Decimal("0.000001"))
            story.dividend(date(year, month, 20), "DCITY", "0.0082", withheld="0.26375")
        if month in {6, 12}:
            story.dividend(date(year, month, 18), "DWATER", "0.019", withheld="0")
        if month == 7:
            story.dividend(date(year, month, 8), "DALPIN", "0.036", withheld="0.35")
        if month == 12:
            story.cost(Kind.FEE, date(year, 12, 28) if date(year, 12, 28) <= until else middle, "18.00", notes="Custody")
        if month == 1:
            story.interest(date(year, 1, 4), "0.004" if year < 2023 else "0.018", taxes="0.26375")
            story.cost(Kind.TAX, date(year, 1, 12), str(6 + 3 * (year - 2013)) + ".40", notes="Advance lump sum")
        for deed in _SAVINGS_DEEDS.get((year, month), ()):
            deed(story, middle)
        if private:
            _brewery(story, year, month)
            _town(story, year, month)
    return story.drafts


def _brewery(story: Rarities, year: int, month: int) -> None:
    """Shares of an unlisted brewery: bought in 2014, and all that can happen to shares since."""
    if (year, month) == (2014, 6):
        story.deposit(date(2014, 5, 20), "6200", notes="An inheritance, in part")
        story.buy(date(2014, 6, 10), BREWERY, "6000", fees="45.00", places=Decimal(1), tags=("brewery",), notes="At the annual meeting")
    elif (year, month) == (2019, 6):
        story.split(date(2019, 6, 3), BREWERY, 10, 1, notes="Ten new shares for each old one")
    elif month == 6 and year > 2015:
        story.dividend(date(year, 6, 12), BREWERY, "0.021", withheld="0.26375")
    for deed in _BREWERY_DEEDS.get((year, month), ()):
        deed(story, date(year, month, BUY_DAY))


_BREWERY_DEEDS: dict[tuple[int, int], tuple[_Deed, ...]] = {
    (2017, 7): (lambda s, day: s.stock_dividend(day, BREWERY, "1", notes="A share for each 24, in place of a higher dividend"),),
    (2018, 7): (lambda s, day: s.capital_back(day, BREWERY, "2.50", notes="From the capital reserve"),),
    (2020, 9): (
        lambda s, day: s.deposit(day, "560", notes="For the new shares"),
        lambda s, day: s.take_up_rights(day, BREWERY, "25", "22.00", notes="A new share for each ten, below their worth"),
    ),
    (2022, 5): (
        lambda s, day: s.become(
            Kind.SPIN_OFF, day, BREWERY, TAPROOM, 1, 4, share="0.18", fraction_price="5.20", notes="The taprooms became a company of their own"
        ),
    ),
    (2023, 11): (lambda s, day: s.become(Kind.SYMBOL_CHANGE, day, TAPROOM, TAVERNS, 1, 1, notes="A new name"),),
    (2025, 10): (
        lambda s, day: s.become(
            Kind.MERGER, day, TAVERNS, BREWERY, 1, 8, share="0.6", each="2.10", fraction_price="38.00", notes="The brewery took them back"
        ),
    ),
}


def _town(story: Rarities, year: int, month: int) -> None:
    """A bond of a town, quoted in percent, bought between two coupons and held until it was paid back; and a slip of the fund house."""
    if (year, month) == (2019, 11):
        story.deposit(date(2019, 11, 12), "2200", notes="A savings bond came due")
        story.buy_bond(date(2019, 11, 18), TOWN, "2", "101.25", accrued="15.78", fees="5.90", notes="Until 2025")
    elif month == 9 and 2020 <= year <= 2025:
        story.coupon(date(year, 9, 15), TOWN, "45", withheld="0.26375")
    if (year, month) == (2025, 9):
        story.redeem(date(2025, 9, 15), TOWN, notes="Paid back")
    if (year, month) == (2022, 1):
        story.adjust(date(2022, 1, 17), "DBONDS", "0.000731", notes="Found by the fund house: a rounding of two years")
    if (year, month) == (2022, 2):
        story.adjust(date(2022, 2, 15), "DBONDS", "-0.000112", notes="And taken back in part")


def brewery_prices(until: date) -> list[tuple[date, Decimal]]:
    """One valuation a year, at the meeting of the shareholders; the price falls to a tenth with the split of 2019."""
    price, rows = Decimal("240"), []
    for year in range(2014, until.year + 1):
        if year == 2019:
            rows.append((date(2019, 6, 2), price.quantize(CENT)))
            price /= 10
        if year > 2014:
            price *= Decimal("1.061") if year % 3 else Decimal("1.018")
        day = date(year, 6, 3)
        if day <= until:
            rows.append((day, price.quantize(CENT)))
    return rows


def private_prices(until: date) -> dict[str, list[tuple[date, Decimal]]]:
    """What the demo person noted of prices that nobody publishes."""
    noted = {
        TAPROOM: [(date(2022, 5, 16), "5.20"), (date(2022, 12, 30), "5.60"), (date(2023, 6, 30), "5.45")],
        TAVERNS: [(date(2023, 11, 15), "5.90"), (date(2024, 6, 28), "6.35"), (date(2025, 6, 30), "6.80")],
        TOWN: [
            (date(2019, 11, 18), "101.25"), (date(2020, 6, 30), "103.10"), (date(2021, 6, 30), "104.40"), (date(2022, 10, 31), "97.85"),
            (date(2023, 6, 30), "98.60"), (date(2024, 6, 28), "99.45"), (date(2025, 6, 30), "99.97"),
        ],
    }  # fmt: skip
    prices = {symbol: [(day, Decimal(close)) for day, close in rows if day <= until] for symbol, rows in noted.items()}
    return {BREWERY: brewery_prices(until), **prices}
