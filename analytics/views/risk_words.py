"""What the figures of risk mean, in one sentence each, for the rail of the page."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.selectors.risk.shapes import Risk
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.numbers import count, pct, share


@dataclass(frozen=True, slots=True)
class Said:
    """One figure of the rail.  `why` names its explanation, `ask` is what the question mark says."""

    why: str
    label: str
    text: str
    sentence: str

    @property
    def ask(self) -> str:
        return f"Explain {self.label}"


def said(report: Risk) -> list[tuple[str, list[Said]]]:
    """Titles of cards with their figures."""
    return [("For the risk taken", _own(report)), ("Shape and depth", _shape(report)), ("Beside the benchmark", _beside(report))]


def _ratio(name: str, label: str, figure: Figure, sentence: str) -> Said:
    return Said(name, label, count(figure, 2), sentence)


def _own(report: Risk) -> list[Said]:
    return [
        _ratio("sharpe", "Sharpe", report.sharpe, "Return over the rate without risk for each unit of volatility."),
        _ratio("sortino", "Sortino", report.sortino, "Return over the least acceptable one for each unit of downside."),
        _ratio("calmar", "Calmar", report.calmar, "Return a year for each unit of the worst fall."),
        Said("downside_deviation", "Downside", share(report.downside_deviation), "Volatility of the days that fell short, a year."),
    ]


def _shape(report: Risk) -> list[Said]:
    return [
        _ratio("skewness", "Skewness", report.skewness, "Below zero, large falls come more often than large rises."),
        _ratio("excess_kurtosis", "Excess kurtosis", report.excess_kurtosis, "Above zero, extreme days come more often than normal."),
        Said("ulcer", "Ulcer index", share(report.ulcer), "How deep and how long the value lay under its last high."),
    ]


def _beside(report: Risk) -> list[Said]:
    found = report.benchmark
    return [
        Said("alpha", "Alpha", pct(found.alpha), "Earned a year beyond what beta and the benchmark explain."),
        _ratio("r_squared", "R²", found.r_squared, "The share of the movement that the benchmark explains."),
        _ratio("correlation", "Correlation", found.correlation, "How closely the two move together, from −1 to 1."),
        Said("tracking_error", "Tracking error", share(found.tracking_error), "The spread of the difference, a year."),
        _ratio("information_ratio", "Information ratio", found.information_ratio, "The lead for each unit of tracking error."),
        Said("up_capture", "Up capture", share(found.up_capture, 0), "The part of its rises that was made."),
        Said("down_capture", "Down capture", share(found.down_capture, 0), "The part of its falls that was taken."),
    ]
