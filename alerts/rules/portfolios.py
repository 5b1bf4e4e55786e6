"""Kinds of rules on what portfolios are worth and how they are made up, and on risk, also of one instrument."""

from __future__ import annotations

from decimal import Decimal

from alerts.rules.prices import DIRECTION, HUNDRED, PRICE_MARGIN, change, moved, size, span
from alerts.rules.shapes import Cause, Field, FieldType, Kind, Level, Number, Subject, Values, Watch, Words

GROUP, RISK, MIX = "Portfolio", "Risk", "Mix"
PORTFOLIOS = frozenset({Watch.PORTFOLIO, Watch.ALL})
ANY = frozenset(Watch)
MOVING = frozenset({Cause.QUOTES, Cause.LEDGER, Cause.DAY})

_WORTH = Field("threshold", "Value", FieldType.MONEY, "In the currency of the portfolio, or your own for all of them", example="100000")
_WINDOW = Field("days", "Over days", FieldType.COUNT, "Days of the calendar that are looked back on", default=365, least=30, most=3660, example="365")
_BY = Field(
    "by",
    "Parts are",
    FieldType.CHOICE,
    default="holding",
    choices=(("holding", "Holdings"), ("class", "Classes"), ("sector", "Sectors"), ("country", "Countries"), ("currency", "Currencies")),
    example="holding",
)
_PLACES = (
    ("largest_holding", "Largest holding"),
    ("largest_five", "Five largest holdings"),
    ("sector", "One sector"),
    ("country", "One country"),
    ("currency", "One currency"),
    ("account", "One account"),
)


def _above(values: Values, value: Number) -> tuple[Number, Number]:
    return value, values["threshold"]


def _worth(side: str, values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    limit = words.money(values["threshold"], subject.unit)
    return f"{subject.name} is worth {words.money(level.value, subject.unit)}; your alert is for {limit} {side}."


def _day_in_percent(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    return f"{subject.name} {change(level.value, words)} today; your alert is for {words.percent(values['threshold'])} or more."


def _day_in_money(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    verb = "gained" if level.value >= 0 else "lost"
    limit = words.money(values["threshold"], subject.unit)
    return f"{subject.name} {verb} {words.money(size(level.value), subject.unit)} today; your alert is for {limit} or more."


def _fallen(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    since = f" of {level.named[0]}" if level.named else ""
    limit = words.percent(values["threshold"])
    return f"{subject.name} is {words.percent(level.value)} below its peak{since} of the past {_days(values)}; your alert is for {limit} or more."


def _swings(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    limit = words.percent(values["threshold"])
    return f"Volatility of {subject.name} is {words.percent(level.value)} a year over the past {_days(values)}; your alert is for {limit} or more."


def _days(values: Values) -> str:
    return span(values["days"]).removeprefix("a ")


def _drifted(values: Values, level: Level, subject: Subject, words: Words) -> str:
    return f"{subject.name} is off its targets: {'; '.join(level.named)}."


def _concentrated(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    name = level.named[0] if level.named else dict(_PLACES)[values["place"]]
    limit = words.percent(values["threshold"])
    return f"{name[:1].upper()}{name[1:]} makes {words.percent(level.value)} of {subject.name}; your alert is for {limit} or more."


def _realised(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    since = f" since {level.named[0]}" if level.named else ""
    budget = words.money(values["threshold"], subject.unit)
    return f"{subject.name} realised {words.money(level.value, subject.unit)}{since}; your budget is {budget}."


def off_target(name: str, weight: Number, target: Number, words: Words) -> str:
    """One part that weighs something else than it should."""
    return f"{name} weighs {words.percent(weight)} against {words.percent(target)}"


def _targets(values: Values, words: Words) -> str:
    parts = [f"{one.name} {words.percent(one.weight)} ± {words.percent(one.band)}" for one in values["targets"][:3]]
    rest = len(values["targets"]) - len(parts)
    return ", ".join(parts) + (f" and {rest} more" if rest else "")


def _money_kind(name: str, label: str, rises: bool) -> Kind:
    side = "or more" if rises else "or less"
    return Kind(
        name,
        label,
        GROUP,
        PORTFOLIOS,
        MOVING,
        (_WORTH,),
        f"What the portfolio is worth now, cash included, is at this amount or {'above' if rises else 'below'} it.",
        lambda values, subject, words: f"is worth {words.money(values['threshold'], subject.unit)} {side}",
        _above if rises else lambda values, value: (-value, -values["threshold"]),
        lambda values, level, subject, words: _worth(side, values, level, subject, words),
        margin=PRICE_MARGIN,
    )


KINDS = (
    _money_kind("value_above", "Value rises to", True),
    _money_kind("value_below", "Value falls to", False),
    Kind(
        "day_change_percent",
        "Day’s change in percent",
        GROUP,
        PORTFOLIOS,
        MOVING,
        (Field("threshold", "Change", FieldType.PERCENT, "In percent of the value at the close before", most=HUNDRED, example="0.03"), DIRECTION),
        "What today’s prices changed, against the close before.",
        lambda values, subject, words: f"{_verb(values)} by {words.percent(values['threshold'])} in a day",
        moved,
        _day_in_percent,
    ),
    Kind(
        "day_change_amount",
        "Day’s change in money",
        GROUP,
        PORTFOLIOS,
        MOVING,
        (Field("threshold", "Change", FieldType.MONEY, "In the currency of the portfolio, or your own for all of them", example="500"), DIRECTION),
        "What today’s prices changed, against the close before.",
        lambda values, subject, words: f"{_verb(values)} by {words.money(values['threshold'], subject.unit)} in a day",
        moved,
        _day_in_money,
    ),
    Kind(
        "drawdown",
        "Fall from its peak",
        RISK,
        ANY,
        MOVING,
        (Field("threshold", "Fall", FieldType.PERCENT, "In percent of the peak", most=Decimal(1), example="0.10"), _WINDOW),
        "How far it is below its highest close of the window; of a portfolio by its return, so that money paid in or out is no fall.",
        lambda values, subject, words: f"is {words.percent(values['threshold'])} below its peak of {span(values['days'])}",
        _above,
        _fallen,
    ),
    Kind(
        "volatility",
        "Volatility above",
        RISK,
        ANY,
        frozenset({Cause.DAY, Cause.LEDGER}),
        (
            Field("threshold", "Volatility a year", FieldType.PERCENT, "In percent a year", most=HUNDRED, example="0.30"),
            Field(
                "days", "Over days", FieldType.COUNT, "Days of the calendar that are looked back on", default=90, least=30, most=3660, example="90"
            ),
        ),
        "The annual volatility of the returns of the window’s trading days, at least 20 of them.",
        lambda values, subject, words: f"has a volatility of {words.percent(values['threshold'])} a year over {span(values['days'])}",
        _above,
        _swings,
    ),
    Kind(
        "drift",
        "Drift from targets",
        MIX,
        PORTFOLIOS,
        MOVING,
        (
            Field("targets", "Targets", FieldType.TARGETS, "One a line: symbol or name, its weight and how far off it may be, in percent: AAPL 10 2"),
            _BY,
        ),
        "A part weighs more or less than its target by its band or more. Weights are of the whole, cash included.",
        lambda values, subject, words: f"leaves {_targets(values, words)}",
        lambda values, value: (value, 1.0),
        _drifted,
    ),
    Kind(
        "concentration",
        "Too much in one place",
        MIX,
        PORTFOLIOS,
        MOVING,
        (
            Field("place", "Place", FieldType.CHOICE, default="largest_holding", choices=_PLACES, example="sector"),
            Field("threshold", "Share", FieldType.PERCENT, "In percent of everything held", most=Decimal(1), example="0.25"),
        ),
        "The share of the largest holding, sector, country, currency or account, as in the checks of Diversification.",
        lambda values, subject, words: f"has {words.percent(values['threshold'])} or more in {dict(_PLACES)[values['place']].lower()}",
        _above,
        _concentrated,
        why_no_past="Sectors, countries and the contents of funds are known as they are today, not as they were, so that past shares would be made up.",
    ),
    Kind(
        "realised_gain",
        "Realised gain over a budget",
        GROUP,
        PORTFOLIOS,
        frozenset({Cause.LEDGER, Cause.DAY}),
        (
            Field("threshold", "Budget", FieldType.MONEY, "In the currency of the portfolio, or your own for all of them", example="1000"),
            Field(
                "year_starts", "Year starts", FieldType.MONTH_DAY, "01-01, or the first day of the tax year: 04-06", default="01-01", example="04-06"
            ),
        ),
        "What sales of the year that runs have realised, gains less losses, is at the budget or above it.",
        lambda values, subject, words: f"has realised {words.money(values['threshold'], subject.unit)} in a year",
        _above,
        _realised,
        margin=Decimal("0.005"),
    ),
)


def _verb(values: Values) -> str:
    return {"up": "rises", "down": "falls"}.get(values["direction"], "moves")
