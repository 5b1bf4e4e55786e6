"""Every refusal in full: what it says to the person, and what it hands to a program."""

from __future__ import annotations

import pytest

from portfolios.errors import (
    CurrencyChanged,
    LotNotOpen,
    MethodPools,
    NotHeld,
    Oversold,
    QuantityNotPositive,
    RateMismatch,
    SharesDoNotAddUp,
    ShortNotAllowed,
    SplitLeavesNothing,
)
from tests.ledger.build import CHF, EUR, USD, D, Ledger, day, leg, lot_choices
from tests.ledger.test_refusals import refusal

DUST = "0.000000000000000001"


def held(**rules) -> Ledger:
    """Ten units of instrument 1, since the third."""
    return Ledger(**rules).buy(3, 10, 10)


def lots(**rules) -> Ledger:
    return Ledger(method="specific", **rules).buy(3, 10, 10).buy(4, 5, 20)


LOTS = [
    {"transaction": 1, "opened_on": day(3), "nth": 1, "quantity": D(10)},
    {"transaction": 2, "opened_on": day(4), "nth": 1, "quantity": D(5)},
]
CASES = [
    # ── quantities ──
    (
        QuantityNotPositive,
        held().sell(4, "-1.50", 10),
        "The entry of 4 Jun 2024 is of -1.5 units. Enter a quantity above zero; the type says the direction.",
        {},
    ),
    (
        QuantityNotPositive,
        held().split(4, 0, 1),
        "The split of 4 Jun 2024 needs two numbers above zero, such as 4 for 1.",
        {},
    ),
    (
        QuantityNotPositive,
        held().event("spin_off", 4, instrument=1, legs=(leg(2, "1:0", "0.1"),)),
        "The spin-off of 4 Jun 2024 needs two numbers above zero for its ratio, such as 1 for 4.",
        {},
    ),
    (
        QuantityNotPositive,
        held().split(4, 1, 4, cash="5.50"),
        "The entry of 4 Jun 2024 pays 5.5 for a fraction of 0 units. Enter the part of a unit that was paid in cash, or leave the cash out.",
        {},
    ),
    (
        QuantityNotPositive,
        held().event("spin_off", 4, instrument=1, legs=(leg(2, "1:4", "0.1", cash=5),)),
        "The entry of 4 Jun 2024 pays 5 for a fraction of 0 units. Enter the part of a unit that was paid in cash, or leave the cash out.",
        {},
    ),
    (
        Oversold,
        held().split(4, 1, 4, fraction=3, cash=5),
        "On 4 Jun 2024 there were 2.5 units after the event; 3 of them are said to be paid in cash. Enter the fraction alone.",
        {"held": D("2.5"), "quantity": D(3)},
    ),
    # ── what is held ──
    (
        Oversold,
        held().transfer_out(4, 11),
        "On 4 Jun 2024 you held 10; the transfer is of 11. Check the date, or record the missing entry.",
        {"held": D(10), "quantity": D(11)},
    ),
    (
        Oversold,
        held(allows_short=True).trade("redemption", 4, 11, 10),
        "On 4 Jun 2024 you held 10; the redemption is of 11. Check the date, or record the missing purchase.",
        {"held": D(10), "quantity": D(11)},
    ),
    (
        Oversold,
        Ledger(allows_short=True).sell(3, 2, 10).trade("buy_to_cover", 4, "2.50", 10),
        "On 4 Jun 2024 you were short of 2; the purchase covers 2.5. Check the date, or record what is more as a purchase.",
        {"held": D(-2), "quantity": D("2.5")},
    ),
    (
        Oversold,
        held(allows_short=True).trade("buy_to_cover", 4, 1, 10),
        "On 4 Jun 2024 you were short of 0; the purchase covers 1. Check the date, or record what is more as a purchase.",
        {"held": D(0), "quantity": D(1)},
    ),
    (
        ShortNotAllowed,
        held().trade("short_sell", 4, 12, 10),
        "The entry of 4 Jun 2024 sells short, and this portfolio allows no short positions. "
        "Record a sale, or allow short positions in the portfolio's settings.",
        {"held": D(10), "quantity": D(12)},
    ),
    (NotHeld, Ledger().split(4, 2, 1), "On 4 Jun 2024 you held nothing that could be split. Check the date, or record the missing purchase.", {}),
    (
        NotHeld,
        Ledger().event("stock_dividend", 4, instrument=1, quantity=1),
        "On 4 Jun 2024 you held nothing that could pay a stock dividend. Check the date, or record the missing purchase.",
        {},
    ),
    (
        NotHeld,
        Ledger().event("return_of_capital", 4, instrument=1, amount=1),
        "By 4 Jun 2024 you had held nothing of which capital could be paid back. Check the date, or record the missing purchase.",
        {},
    ),
    (
        NotHeld,
        Ledger().event("symbol_change", 4, instrument=1, legs=(leg(2, "1:1", 1),)),
        "On 4 Jun 2024 you held nothing that the symbol-change could be of. Check the date, or record the missing purchase.",
        {},
    ),
    (
        SplitLeavesNothing,
        Ledger().buy(3, DUST, 10).split(4, 1, 10),
        f"The split of 4 Jun 2024 would leave nothing of {DUST} units. Check the ratio.",
        {"held": D(DUST)},
    ),
    (
        SplitLeavesNothing,
        Ledger(allows_short=True).sell(3, DUST, 10).event("spin_off", 4, instrument=1, legs=(leg(2, "1:10", "0.5"),)),
        f"The spin-off of 4 Jun 2024 would leave nothing for {DUST} units. Check the ratio.",
        {"held": D(DUST)},
    ),
    # ── shares of the cost ──
    (
        SharesDoNotAddUp,
        held().event("spin_off", 4, instrument=1, legs=(leg(2, "1:1", "1.10"),)),
        "The shares of cost of the entry of 4 Jun 2024 come to 1.1. Enter shares from 0 to 1 that are 1 together at most.",
        {"total": D("1.1")},
    ),
    (
        SharesDoNotAddUp,
        held().event("merger", 4, instrument=1, legs=(leg(2, "1:1", "0.50"),), cash=1, cash_share="0.25"),
        "The shares of cost of the entry of 4 Jun 2024 come to 0.75. "
        "The units leave, so that the shares of the new units and of the cash must be 1 together.",
        {"total": D("0.75")},
    ),
    (
        SharesDoNotAddUp,
        held().event("spin_off", 4, instrument=1, cash=-5),
        "The shares of cost of the entry of 4 Jun 2024 come to 0. No new units are named to which the money paid on top could belong. Name them.",
        {"total": D(0)},
    ),
    # ── currencies ──
    (
        RateMismatch,
        held().deposit(4, 100, EUR, "0.90"),
        "The entry of 4 Jun 2024 is in EUR, the portfolio's own currency, at a rate of 0.9. Leave the rate out, or correct the currency.",
        {"instrument": None},
    ),
    *(
        (
            RateMismatch,
            held().trade(kind, 4, 1, 10, fx="0.90"),
            "The entry of 4 Jun 2024 is in EUR, the portfolio's own currency, at a rate of 0.9. Leave the rate out, or correct the currency.",
            {},
        )
        for kind in ("buy", "sell")
    ),
    *(
        (
            CurrencyChanged,
            held().trade(kind, 4, 1, 10, currency=USD, fx="0.9"),
            "On 4 Jun 2024 the price is in USD, but the units held then were priced in EUR. "
            "Enter the price in EUR; what was paid may be in another currency.",
            {"expected": EUR, "found": USD},
        )
        for kind in ("buy", "sell", "transfer_in")
    ),
    *(
        (
            CurrencyChanged,
            held().event(kind, 4, CHF, "0.9", instrument=1, quantity=1, gross=10),
            "On 4 Jun 2024 the price is in CHF, but the units held then were priced in EUR. "
            "Enter the price in EUR; what was paid may be in another currency.",
            {"expected": EUR, "found": CHF},
        )
        for kind in ("reinvestment", "staking_reward", "airdrop")
    ),
    # ── lots ──
    (
        LotNotOpen,
        lots().trade("sell", 6, 3, 10, lots=lot_choices("1:2 2:2")),
        "The sale of 6 Jun 2024 names lots of more than its 3 units. Name fewer.",
        {"lot": 2, "left": D(1), "quantity": D(2)},
    ),
    (
        LotNotOpen,
        lots().trade("sell", 6, 7, 10, lots=lot_choices("2:6")),
        "The sale of 6 Jun 2024 names 6 units of a lot of which 5 were left then. Choose lots that are open on that day: "
        "of 3 Jun 2024 (10 units, transaction 1); of 4 Jun 2024 (5 units, transaction 2).",
        {"lot": 2, "left": D(5), "quantity": D(6), "lots": LOTS},
    ),
    (
        LotNotOpen,
        lots().transfer_out(6, 7, lots=lot_choices("9:1")),
        "The transfer of 6 Jun 2024 names 1 unit of a lot of which 0 were left then. Choose lots that are open on that day: "
        "of 3 Jun 2024 (10 units, transaction 1); of 4 Jun 2024 (5 units, transaction 2).",
        {"lot": 9, "left": D(0), "quantity": D(1), "lots": LOTS},
    ),
    (
        LotNotOpen,
        Ledger(method="specific", allows_short=True).sell(3, 1, 10).sell(4, 2, 10, lots=lot_choices("1:2")),
        "The sale of 4 Jun 2024 names 2 units of a lot of which 0 were left then. Choose lots that are open on that day; there are none.",
        {"lot": 1, "left": D(0), "quantity": D(2), "lots": []},
    ),
    (
        LotNotOpen,
        Ledger(method="specific", allows_short=True).sell(4, 2, 10, lots=lot_choices("9:2")),
        "The sale of 4 Jun 2024 names 2 units of a lot of which 0 were left then. Choose lots that are open on that day; there are none.",
        {"lot": 9, "left": D(0), "quantity": D(2), "lots": []},
    ),
    (
        MethodPools,
        held(method="average").sell(4, 3, 10, lots=lot_choices("1:3")),
        "The sale of 4 Jun 2024 chooses its lots, but the cost method keeps none apart. Leave the choice out, or change the portfolio's method.",
        {"held": D(10), "quantity": D(3)},
    ),
    (
        MethodPools,
        held(method="average").transfer_out(4, 3, lots=lot_choices("1:3")),
        "The transfer of 4 Jun 2024 chooses its lots, but the cost method keeps none apart. Leave the choice out, or change the portfolio's method.",
        {"held": D(10), "quantity": D(3)},
    ),
]


@pytest.mark.parametrize(("kind", "ledger", "words", "data"), CASES, ids=[f"{number}-{case[0].code}" for number, case in enumerate(CASES)])
def test_a_refusal_says_what_is_wrong_and_what_to_do_and_names_the_entry(kind, ledger, words, data):
    error = refusal(kind, ledger)
    last = ledger.events[-1]
    assert str(error) == words
    assert error.data == {"date": last.day, "event_id": last.id, "instrument": getattr(last, "instrument", None)} | data


@pytest.mark.parametrize(("kind", "fields", "data"), [
    ("spin_off", {"legs": (leg(2, "1:4", "0.1", fraction=3, cash=5),)}, {"held": D("2.5"), "quantity": D(3)}),
    ("spin_off", {"legs": (leg(2, "1:4", "0.1", currency=CHF),)}, {"expected": EUR, "found": CHF}),
])  # fmt: skip
def test_a_refusal_about_a_leg_names_the_instrument_of_the_leg(kind, fields, data):
    ledger = held().buy(3, 1, 1, instrument=2).event(kind, 4, instrument=1, **fields)
    error = refusal(CurrencyChanged if "found" in data else Oversold, ledger)
    assert error.data == {"date": day(4), "event_id": 3, "instrument": 2} | data


def test_unknown_rules_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^“oldest” is not a cost method. Known are: average, fifo, lifo, hifo, lofo, specific, section104.$"):
        Ledger(method="oldest")
    with pytest.raises(ValueError, match=r"^“none” is not a dividend treatment.$"):
        Ledger(dividend_treatment="none")
