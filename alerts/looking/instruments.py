"""Rules on instruments that have moved: quotes are read once, what changed is written together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import timezone

from alerts.looking.firing import Seen, store
from alerts.looking.history import Closes, closes_of, coins_among
from alerts.looking.sight import out_of_sight
from alerts.models import Firing, Rule
from alerts.rules import Cause, Level, Subject, Words, caused_by, step
from market.models import Instrument
from market.selectors import QuoteView, quotes_of

ON_QUOTES = caused_by(Cause.QUOTES)
CHUNK = 250  # instruments whose rules are held in memory together
_READ = (*(field.name for field in Rule._meta.concrete_fields if field.name != "note"), "instrument__owner")
_HISTORY = frozenset({"drawdown", "volatility"})


def check_rules(instrument_ids: Iterable[int], *, now: datetime | None = None) -> list[Firing]:
    """Looks at the rules that watch these instruments; the firings that are new.  `now` is the clock's time unless told.

    Two queries for each 250 instruments where nothing changes; two more where a rule looks back on closes.
    """
    now = now or timezone.now()
    return store(_seen_of_all(sorted(set(instrument_ids)), now), now)


def _seen_of_all(ids: Sequence[int], now: datetime) -> Iterator[Seen]:
    """Chunk by chunk; what is written is then sorted by person, of whom each then has one line in the audit and not one for each chunk."""
    for start in range(0, len(ids), CHUNK):
        watching = Rule.objects.watching(ids[start : start + CHUNK]).filter(kind__in=ON_QUOTES)
        rules = list(watching.select_related("instrument").only(*_READ))
        if rules:
            yield from _seen(rules, now)


def _seen(rules: Sequence[Rule], now: datetime) -> Iterator[Seen]:
    look, hidden = Look(rules, now), out_of_sight(rules)
    for rule in rules:
        if rule.pk in hidden:
            yield Seen(rule, rule.state, why_not=hidden[rule.pk])
        elif (level := look.level(rule)) is not None:
            yield seen_of(rule, level, look.subject(rule), look.key(rule), now)


def seen_of(rule: Rule, level: Level, subject: Subject, key: str, now: datetime) -> Seen:
    """What a number does to a rule."""
    kind, values = rule.spec, rule.values
    taken = step(kind, values, rule.terms, rule.state, level, now)
    if not taken.fires:
        return Seen(rule, taken.state, why_not=level.why_not[:300])
    assert kind.say is not None
    return Seen(rule, taken.state, key, partial(_say, kind.say, values, level, subject))


def _say(say: Any, values: Any, level: Level, subject: Subject, words: Words) -> str:
    text: str = say(values, level, subject, words)
    return text


def levels_now(rules: Sequence[Rule], now: datetime) -> dict[int, Level]:
    """What is seen now of instruments, by `id` of the rule."""
    look = Look(rules, now)
    return {id(rule): level for rule in rules if (level := look.level(rule)) is not None}


class Look:
    """The quotes, and where a rule looks back the closes, of what some rules watch."""

    def __init__(self, rules: Sequence[Rule], now: datetime) -> None:
        self.today: date = timezone.localdate(now)
        self.quotes = quotes_of(rule.instrument_id for rule in rules if rule.instrument_id is not None)
        back = [rule for rule in rules if rule.kind in _HISTORY or (rule.kind == "price_move" and rule.parameters.get("days") != 1)]
        self.closes: dict[int, Closes] = {}
        if looked := {rule.instrument_id for rule in back if rule.instrument_id in self.quotes}:
            volatile = {rule.instrument_id for rule in back if rule.kind == "volatility" and rule.instrument_id is not None}
            classes = dict(Instrument.objects.filter(pk__in=volatile).values_list("pk", "asset_class")) if volatile else {}
            self.closes = closes_of([self.quotes[pk] for pk in looked if pk is not None], coins_among(classes))

    def subject(self, rule: Rule) -> Subject:
        quote = self.quotes[rule.instrument_id]  # type: ignore[index]  # a rule that was seen has one
        return Subject(quote.symbol, quote.price_unit)

    def key(self, rule: Rule) -> str:
        quote = self.quotes[rule.instrument_id]  # type: ignore[index]
        return f"rule:{rule.pk}:quote:{quote.instrument_id}:{quote.sequence}"

    def level(self, rule: Rule) -> Level | None:
        """The number that a rule waits for; None where the instrument has no price at all."""
        quote = self.quotes.get(rule.instrument_id) if rule.instrument_id is not None else None
        if quote is None:
            return None
        if rule.kind == "stale_price":
            return Level(Decimal(max((self.today - timezone.localdate(quote.as_of)).days, 0)))
        if rule.kind == "price_move" or rule.kind in _HISTORY:
            return self._looked_back(rule, quote)
        return Level(quote.price, before=quote.previous_close)

    def _looked_back(self, rule: Rule, quote: QuoteView) -> Level:
        values = rule.values
        if rule.kind == "price_move" and values["days"] == 1:
            why_not = "" if quote.change_fraction is not None else f"The close of {quote.symbol} before today is not known."
            return Level(quote.change_fraction, why_not)
        closes = self.closes.get(quote.instrument_id)
        if closes is None:
            return Level(None, f"No daily prices of {quote.symbol} are known.")
        if rule.kind == "price_move":
            return closes.moved(self.today, values["days"], float(quote.unit_price))
        if rule.kind == "drawdown":
            return closes.fallen(self.today, values["days"], float(quote.unit_price))
        return closes.swings(self.today, values["days"])
