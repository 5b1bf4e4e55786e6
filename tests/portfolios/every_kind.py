"""One believable entry of every kind, in an order in which a ledger takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from market.choices import AssetClass
from market.models import Instrument
from portfolios.ledger.events import LotChoice
from portfolios.services import LegDraft, TransactionDraft
from tests.factories import D, make_instrument, make_portfolio, set_rate_every_day


@dataclass(frozen=True)
class World:
    """A portfolio in EUR that keeps lots and may be short, and what it trades in."""

    portfolio: Any
    symbols: dict[str, Instrument]

    def draft(self, kind: str, day: str, symbol: str = "", **fields: Any) -> TransactionDraft:
        """Numbers as text; legs and lots as the draft has them."""
        values = {name: Decimal(value) if name in _NUMBERS else value for name, value in fields.items()}
        return TransactionDraft(kind=kind, traded_on=date.fromisoformat(day), instrument=self.symbols[symbol] if symbol else None, **values)


_NUMBERS = {
    "quantity", "price", "amount", "fees", "taxes", "fx_rate", "accrued", "costs_rate", "given_amount", "reinvested_quantity", "cost_share",
    "ratio_new", "ratio_old",
}  # fmt: skip


def make_world(person: Any, **rules: Any) -> World:
    """$1.25 and CHF 0.95 for €1 on each day of early 2024; shares, a bond in percent of par, and a coin."""
    first, last = date(2024, 1, 1), date(2024, 3, 31)
    for code, rate in (("USD", "1.25"), ("CHF", "0.95"), ("GBP", "0.85")):
        set_rate_every_day(code, rate, first, last)
    portfolio = make_portfolio(person, **{"cost_method": "fifo", "allows_short": True, **rules})
    made = {symbol: make_instrument(symbol) for symbol in ("SHARE", "CHILD", "NEW", "TAKEN", "BUYER", "SHORT")}
    made["AAPL"] = make_instrument("AAPL", currency="USD")
    made["ORE"] = make_instrument("ORE", currency="USD")
    made["BOND"] = make_instrument("BOND", asset_class=AssetClass.BOND, price_factor=D("10"))  # percent of par, face 1 000
    made["COIN"] = make_instrument("COIN", asset_class=AssetClass.CRYPTO)
    return World(portfolio, made)


def drafts_of_every_kind(world: World) -> list[TransactionDraft]:
    """Every kind at least once, with every field that it can have somewhere."""
    of, legs = world.draft, world.symbols
    return [
        of("deposit", "2024-01-02", amount="100000", fees="1", notes="The start", tags=("savings", "Ünïted"), reference="statement 1, page 2"),
        of("fx_exchange", "2024-01-03", amount="1250", currency="USD", given_amount="1003", settlement_currency="EUR", fees="2", settles_on=date(2024, 1, 5)),
        of("fx_exchange", "2024-01-03", amount="100", currency="CHF", given_amount="130", settlement_currency="USD"),
        of("buy", "2024-01-04", "SHARE", quantity="100", price="10", fees="5", taxes="1.5", settles_on=date(2024, 1, 8), external_id="A-1"),
        of("buy", "2024-01-05", "SHARE", quantity="50", price="12", fees="4", costs_currency="USD", tags=("core",)),
        of("sell", "2024-01-08", "SHARE", quantity="30", price="13", fees="1", lots=(LotChoice(-5, D(20)),), notes="from the second lot"),
        of("dividend", "2024-01-09", "SHARE", quantity="120", price="0.5", taxes="9", settles_on=date(2024, 1, 12)),
        of("dividend", "2024-01-10", "SHARE", amount="45", taxes="5", reinvested_quantity="4.5"),
        of("return_of_capital", "2024-01-11", "SHARE", amount="20"),
        of("split", "2024-01-12", "SHARE", ratio_new="3", ratio_old="2", quantity="0.25", amount="2"),
        of("stock_dividend", "2024-01-15", "SHARE", quantity="5", amount="30"),
        of("rights", "2024-01-16", "SHARE", quantity="10", price="6", fees="1"),
        of("spin_off", "2024-01-17", "SHARE", legs=(LegDraft(instrument=legs["CHILD"], ratio_new=D(1), ratio_old=D(4), cost_share=D("0.2"), fraction=D("0.1"), cash=D(1)),)),
        of("buy", "2024-01-18", "TAKEN", quantity="40", price="20"),
        of(
            "merger", "2024-01-19", "TAKEN", amount="100", cost_share="0.1", fees="3",
            legs=(LegDraft(instrument=legs["BUYER"], ratio_new=D(1), ratio_old=D(2), cost_share=D("0.7")),
                  LegDraft(instrument=legs["ORE"], ratio_new=D(3), ratio_old=D(1), cost_share=D("0.2"))),
        ),
        of("symbol_change", "2024-01-22", "BUYER", legs=(LegDraft(instrument=legs["NEW"]),)),
        of("short_sell", "2024-01-23", "SHORT", quantity="10", price="30", fees="1"),
        of("buy_to_cover", "2024-01-24", "SHORT", quantity="4", price="25", fees="1"),
        of("buy", "2024-01-25", "BOND", quantity="3", price="98.5", accrued="12.34", fees="2"),
        of("coupon", "2024-01-26", "BOND", amount="60", taxes="15"),
        of("redemption", "2024-01-29", "BOND", quantity="2", price="100", accrued="1"),
        of("airdrop", "2024-01-30", "COIN", quantity="7", amount="0"),
        of("staking_reward", "2024-01-31", "COIN", quantity="0.5", price="4", fees="0.1"),
        of("interest", "2024-02-01", amount="3", taxes="1"),
        of("fee", "2024-02-02", amount="9"),
        of("tax", "2024-02-05", "SHARE", amount="8"),
        of("buy", "2024-02-06", "AAPL", quantity="2", price="100", settlement_currency="USD", amount="201", fees="1", fx_rate="0.79"),
        of("transfer_in", "2024-02-07", "AAPL", quantity="3", price="90", acquired_on=date(2019, 5, 6)),
        of("transfer_out", "2024-02-08", "AAPL", quantity="1", fees="2", settlement_currency="EUR"),
        of("adjustment", "2024-02-09", "NEW", quantity="2", price="15"),
        of("adjustment", "2024-02-12", "NEW", quantity="-1.5"),
        of("adjustment", "2024-02-13", amount="-12.5"),
        of("withdrawal", "2024-02-14", amount="500", fees="1"),
        of("sell", "2024-02-15", "ORE", quantity="60", price="5", settlement_currency="EUR", method="lifo"),
    ]  # fmt: skip
