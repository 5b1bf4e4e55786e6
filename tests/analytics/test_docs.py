"""docs/numbers.md: its worked numbers come out as written, and every figure that is answered has its entry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.engine.benchmark import same_money
from analytics.engine.blends import blended, units_reinvested
from analytics.engine.contribution import contributions
from analytics.engine.diversification import effective_number, herfindahl
from analytics.engine.drivers import drivers
from analytics.engine.returns import before_costs, money_weighted_return, time_weighted_return
from analytics.engine.risk import risk_level
from portfolios.ledger.untraded import untraded
from tests.ledger.build import Ledger, day
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "numbers.md").read_text(encoding="utf-8")
BLOCKS = [
    {line.split()[0]: np.array([float(word) for word in line.split()[1:]]) for line in block.strip().splitlines()}
    for block in re.findall(r"```numbers\n(.*?)```", PAGE, re.DOTALL)
]


def test_every_worked_example_comes_out_as_written() -> None:
    tried = 0
    for block in BLOCKS:
        if "gross_twr" in block:
            flows = before_costs(block["in"], block["out"], block["costs"])
            found, expected = [time_weighted_return(block["value"], *flows)], block["gross_twr"]
        elif "twr" in block:
            found, expected = [time_weighted_return(block["value"], block["in"], block["out"])], block["twr"]
        elif "mwr" in block:
            found, expected = [money_weighted_return(block["days"].astype(np.int64), block["flows"])], block["mwr"]
        elif "closes" in block:
            found, expected = units_reinvested(block["closes"], block["splits"], block["paid"]) * block["closes"], block["level"]
        elif "weights" in block:
            levels, days = np.vstack((block["first"], block["second"])), len(block["first"])
            rules = (np.zeros(days, dtype=bool), np.ones(days, dtype=bool))
            found = [level for rule in rules for level in blended(levels, block["weights"], rule)]
            expected = np.concatenate((block["never"], block["daily"]))
        elif "contribution" in block:
            found, expected = list(contributions(np.vstack((block["gains"], block["other_gains"])), block["at_work"])), block["contribution"]
        elif "own" in block:
            none, days = np.zeros(1), np.zeros((1, 1))
            bridge = drivers(block["own"][None, :], block["rate"][None, :], days, flows=none, income=none, costs=none)
            found, expected = [bridge.price, bridge.currency], np.concatenate((block["price"], block["currency"]))
        elif "shares" in block:
            found, expected = (
                [herfindahl(block["shares"]), effective_number(block["shares"])],
                np.concatenate((block["herfindahl"], block["effective"])),
            )
        elif "same_money" in block:
            found, expected = [same_money(0.0, block["in"], block["out"], block["index"])[-1]], block["same_money"]
        elif "untraded" in block:
            found, expected = worth_with_and_without_trades(block), np.concatenate((block["actual"], block["untraded"]))
        else:
            found, expected = [risk_level(v) for v in block["volatility"]], block["level"]
        assert found == pytest.approx(list(expected), abs=1e-12)
        tried += 1
    assert tried == 11


def worth_with_and_without_trades(block: Any) -> list[float]:
    """At each close: the ledger as it is, then without what was traded after the first of them."""
    ledger = Ledger().deposit(1, 100)
    for n, (price, bought, sold) in enumerate(zip(block["price"], block["bought"], block["sold"], strict=True), start=1):
        if bought:
            ledger.buy(n, int(bought), int(price))
        if sold:
            ledger.sell(n, int(sold), int(price))
    found = []
    for book in (ledger.book(), untraded(ledger.events, ledger.rules, after=day(1))):
        for n, price in enumerate(block["price"], start=1):
            units = [float(step.quantity_after) for step in book.steps if step.day <= day(n)]
            cash = [float(step.amount_after) for step in book.cash_steps if step.day <= day(n)]
            found.append(units[-1] * price + cash[-1])
    return found


@pytest.mark.parametrize("room", sorted((ROOT / "analytics").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_figure_has_its_entry(room: Path) -> None:
    named = re.findall(r'(?:Figure|Figure\.undefined|figure|less|renamed|total|_plus)\(\s*"([a-z_]+)"', room.read_text(encoding="utf-8"))
    inputs = {"start_value", "end_value", "quantity", "amount", "price", "rate", "average_cost", "yield_on_cost"}  # named by their words
    missing = {name for name in named if f"*{name}*" not in PAGE} - inputs
    assert not missing


def test_every_definition_that_the_engine_names_is_on_the_page() -> None:
    for path in (ROOT / "analytics" / "engine").glob("*.py"):
        for heading in re.findall(r'numbers\.md: "([^"]+)"', path.read_text(encoding="utf-8")):
            assert heading.lower() in PAGE.lower(), f"{path.name}: {heading}"
