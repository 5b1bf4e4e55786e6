"""Kinds of rules on the price of an instrument."""

from __future__ import annotations

from decimal import Decimal

from alerts.rules.shapes import Cause, Field, FieldType, Kind, Level, Number, Subject, Values, Watch, Words

GROUP = "Price"
INSTRUMENT = frozenset({Watch.INSTRUMENT})
QUOTES = frozenset({Cause.QUOTES})
PRICE_MARGIN = Decimal("0.005")
HUNDRED = 10  # 1000 %

_PRICE = Field("threshold", "Price", FieldType.PRICE, "In the instrument’s currency; of a bond in percent of par", example="100")
DIRECTION = Field(
    "direction", "Direction", FieldType.CHOICE, default="either", choices=(("either", "Up or down"), ("up", "Up"), ("down", "Down")), example="down"
)


def size(value: Number) -> Number:
    """Without its sign."""
    return -value if value < 0 else value


def moved(values: Values, value: Number) -> tuple[Number, Number]:
    """A change measured in the direction that is watched."""
    direction, limit = values["direction"], values["threshold"]
    if direction == "either":
        return size(value), limit
    return (value if direction == "up" else -value), limit


def _limit(values: Values, subject: Subject, words: Words) -> str:
    return words.price(values["threshold"], subject.unit)


def _priced(rises: bool, values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    now = words.price(level.value, subject.unit)
    towards = level.before is not None and (level.value > level.before if rises else level.value < level.before)
    verb, side = ("rose", "or more") if rises else ("fell", "or less")
    what = f"{subject.name} {verb} to {now}" if towards else f"{subject.name} is at {now}"
    return f"{what}; your alert is for {_limit(values, subject, words)} {side}."


def _crossed(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    side = "above" if level.value >= values["threshold"] else "below"
    return f"{subject.name} crossed {_limit(values, subject, words)} and is {side} it, at {words.price(level.value, subject.unit)}."


WINDOWS = {1: "a day", 7: "a week", 30: "a month", 365: "a year"}


def span(days: int) -> str:
    return WINDOWS.get(days, f"{days} days")


def change(value: Number, words: Words) -> str:
    return f"{'rose' if value >= 0 else 'fell'} by {words.percent(size(value))}"


def _moved_sentence(values: Values, level: Level, subject: Subject, words: Words) -> str:
    assert level.value is not None
    limit = words.percent(values["threshold"])
    return f"{subject.name} {change(level.value, words)} in {span(values['days'])}; your alert is for {limit} or more."


def _moves(values: Values, subject: Subject, words: Words) -> str:
    verb = {"up": "rises", "down": "falls"}.get(values["direction"], "moves")
    return f"{verb} by {words.percent(values['threshold'])} in {span(values['days'])}"


KINDS = (
    Kind(
        "price_above",
        "Price rises to",
        GROUP,
        INSTRUMENT,
        QUOTES,
        (_PRICE,),
        "The newest price is at this price or above it.",
        lambda values, subject, words: f"rises to {_limit(values, subject, words)}",
        lambda values, value: (value, values["threshold"]),
        lambda values, level, subject, words: _priced(True, values, level, subject, words),
        margin=PRICE_MARGIN,
    ),
    Kind(
        "price_below",
        "Price falls to",
        GROUP,
        INSTRUMENT,
        QUOTES,
        (_PRICE,),
        "The newest price is at this price or below it.",
        lambda values, subject, words: f"falls to {_limit(values, subject, words)}",
        lambda values, value: (-value, -values["threshold"]),
        lambda values, level, subject, words: _priced(False, values, level, subject, words),
        margin=PRICE_MARGIN,
    ),
    Kind(
        "price_crosses",
        "Price crosses",
        GROUP,
        INSTRUMENT,
        QUOTES,
        (_PRICE,),
        "The newest price is on the other side of this price than it was told last.",
        lambda values, subject, words: f"crosses {_limit(values, subject, words)}",
        None,
        _crossed,
        crosses=True,
        margin=PRICE_MARGIN,
    ),
    Kind(
        "price_move",
        "Price moves by",
        GROUP,
        INSTRUMENT,
        QUOTES,
        (
            Field("threshold", "Change", FieldType.PERCENT, "In percent", most=HUNDRED, example="0.05"),
            DIRECTION,
            Field(
                "days", "In days", FieldType.COUNT, "1 is against the close before, 7 a week, 30 a month", default=1, least=1, most=366, example="7"
            ),
        ),
        "The newest price against the close so many days ago, after splits.",
        _moves,
        moved,
        _moved_sentence,
    ),
)
