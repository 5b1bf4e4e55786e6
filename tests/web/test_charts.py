"""Charts are real Plotly figures, coloured by tokens, and tell no amount while amounts are hidden."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.writing import speaking

D = Decimal
TOKEN = re.compile(r"@(series-(\d|ref)|gain|loss|warn|info|accent|text(-\d)?|surface(-\d)?|overlay|line(-\w+)?|grid)([/~]\d+)?")


def money(value: str) -> Figure:
    return Figure("value", Unit.MONEY, D(value), currency="EUR")


def fraction(value: str) -> Figure:
    return Figure("weight", Unit.FRACTION, D(value))


def history(days: int = 800) -> charts.History:
    first = date(2024, 1, 1)
    return charts.History(
        days=[first + timedelta(days=n) for n in range(days)],
        value=[100_000.0 + 37.5 * n for n in range(days)],
        invested=[90_000.0] * days,
        index=[1.0 + n / 1000 for n in range(days)],
        benchmark=[1.0 + n / 1200 for n in range(days)],
        currency="EUR",
        benchmark_name="S&P 500",
    )


def prices() -> charts.PriceHistory:
    first = date(2019, 1, 2)
    marks = [charts.Mark(first + timedelta(days=9), 101.0, "Buy 60 at $101.00")]
    return charts.PriceHistory(
        days=[first + timedelta(days=n) for n in range(2000)],
        closes=[100.0 + n / 7 for n in range(2000)],
        currency="USD",
        average_cost=215.34,
        average_cost_text="Average cost $215.34",
        buys=marks,
    )


def quoted() -> charts.Bars:
    return charts.Bars(
        x=["2026-05-12", "2026-05-13", "2026-05-14"],
        open=[10.0, 11.0, 12.0],
        high=[11.5, 12.0, 12.5],
        low=[9.5, 10.5, 11.5],
        close=[11.0, 10.75, 12.25],
        volume=[1000, None, 1200],
        currency="USD",
        dividends=[charts.Happening(1, "Dividend $0.10")],
        splits=[charts.Happening(2, "Split 4 for 1")],
    )


def futures() -> charts.Fan:
    days = [date(2026, 5, 12), date(2026, 6, 12)]
    return charts.Fan(days, [("nine of ten futures", [5000.0, 4000.0], [5000.0, 9000.0])], [5000.0, 7500.0], [5000.0, 6000.0], 10_000.0)


def tiles() -> list[charts.Tile]:
    return [
        charts.Tile("MSFT", "Shares", fraction("0.6"), fraction("0.02"), money("600")),
        charts.Tile("AGGH", "Bonds", fraction("0.4"), fraction("-0.001"), money("400")),
    ]


def all_figures() -> dict[str, dict[str, Any]]:
    performance, price = charts.performance(replace(history(), unusual=[charts.Happened(date(2024, 3, 1), "Unusual")])), charts.price(prices())
    parts = charts.top_parts([charts.Part("Shares", money("600"), fraction("0.6")), charts.Part("Bonds", money("400"), fraction("0.4"))])
    waterfall = charts.Waterfall([charts.Step("Price", D("40400")), charts.Step("Currency", D("-6700")), charts.Step("Fees", D("-13"))], "EUR")
    return {
        "value": performance["views"]["value"],
        "return": performance["views"]["return"],
        "price": price["views"]["line"],
        "donut": charts.donut(parts),
        "map": charts.treemap(tiles()),
        "waterfall": waterfall.figure(),
        "closes": charts.quotes(quoted()),
        "candles": charts.quotes(quoted(), candles=True),
        "within the day": charts.quotes(
            replace(quoted(), named=True, ticks=[(0, "12 May"), (2, "13 May")], x=["12 May 15:30", "12 May 15:35", "13 May 15:30"])
        ),
        "bars": charts.bars(["2025", "2026"], [D("300.12"), D("290")], "EUR"),
        "stacks": charts.stacks(
            [date(2025, 1, 1), date(2026, 1, 1)], ["2025", "2026"], [charts.Stack("Dividend", [D("612.34"), D("1")], [D("0"), D("9")])], "EUR"
        ),
        "volatility": charts.share_line([date(2026, 5, 12), date(2026, 5, 13)], [0.12, 0.13]),
        "index": charts.index_line([date(2026, 5, 12), date(2026, 5, 13)], [100.0, 101.5]),
        "distribution": charts.distribution([charts.Bin(-0.02, -0.01, 3), charts.Bin(-0.01, 0.0, 9)], [charts.Threshold(-0.01, "95%")], -0.01),
        "effects": charts.effects(["Stock", "Bond"], [("Allocation", [0.01, -0.002]), ("Selection", [0.0, 0.003])]),
        "rolling": charts.rolling([date(2026, 5, 12), date(2026, 5, 13)], [0.12, None], 0.12, ".1%"),
        "fan": charts.fan(futures(), "EUR"),
        "pairs": charts.pairs(["MSFT", "AGGH"], [[1.0, None], [None, 1.0]]),
    }


def words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [w for v in value.values() for w in words(v)]
    return [w for v in value for w in words(v)] if isinstance(value, list) else []


def resolved(value: Any) -> Any:
    """The figure as the script draws it: tokens are colours."""
    if isinstance(value, str):
        return "rgb(1,2,3)" if value.startswith("@") else value
    if isinstance(value, dict):
        return {key: resolved(inside) for key, inside in value.items()}
    return [resolved(inside) for inside in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(all_figures()))
def test_each_figure_is_one_that_plotly_accepts(name: str) -> None:
    import plotly.graph_objects as go

    figure = all_figures()[name]
    assert go.Figure(resolved(figure)).to_plotly_json()["data"]
    assert len(json.dumps(figure, allow_nan=False)) > 100


@pytest.mark.parametrize("name", sorted(all_figures()))
def test_colours_are_tokens_and_text_has_no_markup(name: str) -> None:
    for word in words(all_figures()[name]):
        assert not word.startswith("@") or TOKEN.fullmatch(word)
        assert not re.search(r"#[0-9a-f]{6}|<b>|<i>|<span", word)


def test_making_charts_does_not_load_plotly() -> None:
    code = "import portfolio_site.web.charts, sys; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_last_three_years_are_daily_and_earlier_ones_weekly() -> None:
    first = date(2006, 1, 1)
    days = [first + timedelta(days=n) for n in range(20 * 365)]
    kept = charts.kept(days)
    assert kept[0] == 0
    assert kept[-1] == len(days) - 1
    assert 1900 < len(kept) < 2100
    assert charts.kept(days[-30:]) == list(range(30))
    assert charts.kept([]) == []


def test_only_periods_that_the_history_fills_are_offered() -> None:
    offered = charts.performance(history(200))["periods"]
    assert "1M" in offered
    assert "1Y" not in offered
    assert "ALL" in offered
    assert charts.performance(history(800))["periods"] == ["1W", "1M", "YTD", "1Y", "ALL"]


def test_a_day_without_a_value_is_a_gap_and_not_nan() -> None:
    broken = history(5)
    holes = charts.History(broken.days, [1.0, float("nan"), 3.0, 4.0, 5.0], broken.invested, broken.index, [], "EUR")
    assert charts.performance(holes)["series"]["value"] == [1.0, None, 3.0, 4.0, 5.0]


def test_hidden_amounts_leave_the_server_as_shapes_only() -> None:
    with speaking("en-GB", hidden=True):
        chart = charts.performance(history())
        assert chart["series"]["value"][-1] == 100.0
        assert chart["series"]["invested"][-1] == pytest.approx(90_000 / (100_000 + 37.5 * 799) * 100, rel=1e-4)
        told = json.dumps([chart, charts.donut([charts.Part("Shares", money("612345"), fraction("1"))]), charts.treemap(tiles())])
        fall = charts.Waterfall([charts.Step("Price", D("40400"))], "EUR").figure()
        income = charts.bars(["2026"], [D("612.34")], "EUR")
        stacked = charts.stacks([date(2026, 1, 1)], ["2026"], [charts.Stack("Dividend", [D("612.34")], [D("0")])], "EUR")
    assert "612,345" not in told
    assert "€600" not in told
    assert fall["data"][0]["text"] == []
    assert fall["data"][0]["y"] == [100.0, 100.0]
    assert income["data"][0]["y"] == [100.0] == stacked["data"][0]["y"]


def test_hidden_amounts_leave_no_price_that_was_paid_on_the_price_chart() -> None:
    open_ = charts.price(prices())
    assert open_["views"]["line"]["layout"]["meta"] == {"private": ["shapes", "annotations"]}
    with speaking("en-GB", hidden=True):
        chart = charts.price(prices())
    view = chart["views"]["line"]
    assert "215.34" in json.dumps(open_) and "215.34" not in json.dumps(chart)
    assert "shapes" not in view["layout"] and "annotations" not in view["layout"]
    assert [trace["y"] for trace in view["data"] if trace["name"] == "Buy"] == [[None]]  # the script puts them on the line
    assert chart["series"] == open_["series"]  # prices of the market stay


def test_hidden_amounts_leave_a_fan_its_shape_only() -> None:
    with speaking("en-GB", hidden=True):
        chart = charts.fan(futures(), "EUR")
    lines = {trace.get("name"): trace["y"] for trace in chart["data"]}
    assert lines["half of the futures"] == [100.0, 150.0] and lines["paid in"] == [100.0, 120.0] and lines["goal"] == [200.0, 200.0]
    assert chart["layout"]["meta"] == {"money": ["yaxis"]}


def test_unusual_days_are_marked_on_both_lines_and_tell_no_amount_while_these_are_hidden() -> None:
    marked = replace(history(), unusual=[charts.Happened(date(2024, 3, 1), "Unusual day, −3.66%")])
    for view in charts.performance(marked)["views"].values():
        (trace,) = [one for one in view["data"] if one["meta"]["of"] == "marks"]
        assert trace["x"] == ["2024-03-01"] and trace["text"] == ["Unusual day, −3.66%"] and trace["meta"]["private"]
        assert view["data"][-1]["meta"]["of"] != "marks"  # the last point stands above them
    for view in charts.performance(history())["views"].values():
        assert all(one["meta"]["of"] != "marks" for one in view["data"])


def test_axes_speak_the_locale() -> None:
    with speaking("de-DE"):
        layout = charts.performance(history())["views"]["value"]["layout"]
        assert layout["separators"] == ",."
        assert layout["yaxis"]["ticksuffix"] == "\u00a0€"
    with speaking("en-GB"):
        assert charts.performance(history())["views"]["value"]["layout"]["yaxis"]["tickprefix"] == "€"


def test_a_waterfall_ends_at_the_sum_of_its_steps() -> None:
    figure = charts.Waterfall([charts.Step("Price", D("10")), charts.Step("Currency", D("-4"))], "EUR")
    assert figure.figure()["data"][0]["y"] == [10.0, -4.0, 6.0]
    assert figure.said() == "Price +€10.00, Currency \u2212€4.00"


def test_at_most_seven_parts_and_other_are_drawn() -> None:
    parts = [charts.Part(str(n), money("1"), fraction("0.1")) for n in range(9)]
    shown = charts.top_parts(parts, charts.Part("Other", money("2"), fraction("0.2")))
    assert len(shown) == 8
    assert shown[-1].name == "Other"
    assert [part.colour for part in shown] == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(("close", "letters"), [([120_000.0, 150_000.0], 8), ([0.000121, 0.000152], 9), ([10.0, 12.0], 0)])
def test_beside_the_chart_there_is_room_for_its_longest_price(close: list[float], letters: int) -> None:
    bars = replace(quoted(), x=["2026-05-12", "2026-05-13"], open=[None] * 2, high=[None] * 2, low=[None] * 2, close=close, volume=[None] * 2)
    room = charts.quotes(replace(bars, dividends=[], splits=[]))["layout"]["margin"]["r"]
    assert room == 58 if not letters else room >= 7 * letters + 8
