"""Why the figures of diversification are what they are; see `explain`.  From the same parts and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from analytics.choices import By
from analytics.selectors.explaining.common import MOST_LINES, listed, moment_of, prices_behind, rates_behind
from analytics.selectors.explaining.slices import of_slice, weights_told
from analytics.selectors.explanations import Explanation, Explanations, Line, Source, Term
from analytics.selectors.mix.concentration import FIVE, places
from analytics.selectors.mix.exposure import Mix
from analytics.selectors.mix.shapes import Concentration, Largest, Spread
from analytics.selectors.risk.holdings import HeldTogether
from analytics.selectors.scope import in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted
from portfolios.selectors import HoldingRow

SAID = ("exposure", "gross exposure")
ZERO = Decimal(0)


def mix_explanations(
    mix: Mix, spread: Spread, checks: Sequence[Concentration], held: HeldTogether, top: tuple[Sequence[Largest], Figure]
) -> Explanations:
    """By name: the score and what it rests on, the weights of each dimension (`by_sector`), and each check (`check_sector`).

    top  the largest holdings, and what they make together
    """
    makers: dict[str, Callable[[], Explanation]] = {
        "gross_exposure": partial(gross_exposure, mix),
        "score": partial(score, mix, spread),
        "herfindahl": partial(concentration, mix, spread, "herfindahl"),
        "effective_number": partial(concentration, mix, spread, "effective_number"),
        "diversification_ratio": partial(diversification_ratio, mix, spread, held),
        "average_correlation": partial(average_correlation, mix, spread, held),
        "largest_together": partial(largest_together, mix, *top),
    }
    makers |= {f"by_{by.value}": partial(weights_by, mix, by) for by in By}
    makers |= {f"check_{one.limit.check.value}": partial(check, mix, one) for one in checks}
    return Explanations(makers)


def _explained(mix: Mix, name: str, title: str, figure: Figure, words: str, **more: object) -> Explanation:
    made: dict[str, object] = {"terms": (), "inputs": (*prices_behind(mix.table.rows), *rates_behind(mix.table)), **more}
    left_out = (*mix.exposure.warnings,) if mix.exposure.known else ()
    return Explanation(name=name, title=title, figure=figure, as_of=moment_of(mix.table), words=words, left_out=left_out, **made)  # type: ignore[arg-type]


def gross_exposure(mix: Mix) -> Explanation:
    lines = [
        Line(thing.name, (thing.row.value, thing.exposure), thing.row.instrument.id if isinstance(thing.row, HoldingRow) else None)
        for thing in mix.things
        if thing.exposure.known
    ]
    shown, more = listed(lines, 2, mix.scope.currency)
    whole = mix.exposure
    terms = (Term("", "worth of all, without signs", whole), Term("=", "gross exposure", whole)) if whole.known else ()
    words = "What everything held is worth, without signs: what was sold short, or is owed, counts like what is owned."
    return _explained(
        mix, "gross_exposure", "Gross exposure", whole, words, terms=terms, rows_title="Holdings and cash", columns=("Value", "Exposure"),
        lines=shown, more_lines=more,
    )  # fmt: skip


def weights_by(mix: Mix, by: By) -> Explanation:
    """The weights of one dimension; they add up to one."""
    whole, told = weights_told(mix.slices(by), mix.exposure, *SAID)
    through = " Funds are divided by what is known of them." if mix.look_through else " Funds are not looked into."
    return _explained(
        mix, f"by_{by.value}", f"By {by.label.lower()}", whole,
        f"Each part over the gross exposure; with what is unclassified they add up to one.{through}",
        **told,
    )  # fmt: skip


def score(mix: Mix, spread: Spread) -> Explanation:
    """The mean of four parts, halved where the holdings move alike."""
    terms: list[Term] = []
    if spread.score.known:
        terms = [Term("+" if terms_before else "", name.lower(), part) for terms_before, (name, part, _) in enumerate(spread.parts)]
        terms.append(
            Term("÷", "parts" if not spread.halved else "parts, and halved", Figure("amount", Unit.NUMBER, Decimal(8 if spread.halved else 4)))
        )
        terms.append(Term("=", "score, of 100", spread.score))
    lines = tuple(Line(name, (words, part)) for name, part, words in spread.parts if part.known)
    return _explained(
        mix, "score", "Diversification score", spread.score,
        "The mean of how evenly the exposure lies over holdings, classes, sectors and countries, 0 to 100 each; what is unclassified earns nothing. "
        + spread.why,
        terms=tuple(terms), rows_title="Parts", columns=("Rests on", "Points"), lines=lines,
    )  # fmt: skip


def concentration(mix: Mix, spread: Spread, name: str) -> Explanation:
    """Σw² by holding, and how many of one size would be as concentrated."""
    slices = [one for one in mix.slices(By.HOLDING) if one.weight.known]
    lines = []
    for one in slices[:MOST_LINES]:
        squared = Figure("amount", Unit.NUMBER, float(one.weight.value or 0) ** 2)
        times = (Term("", "weight", one.weight), Term("×", "weight", one.weight), Term("=", "squared", squared))
        lines.append(Line(one.name, (one.weight, squared), terms=times))
    if rest := slices[MOST_LINES:]:
        lines.append(Line(f"{len(rest)} more", ("", Figure("amount", Unit.NUMBER, sum(float(one.weight.value or 0) ** 2 for one in rest)))))
    h, number = spread.herfindahl, spread.effective_number
    terms: tuple[Term, ...] = ()
    if h.known and name == "herfindahl":
        terms = (Term("", "squares of the weights, added up", h), Term("=", "Herfindahl index", h))
    elif h.known:
        terms = (Term("", "one", Figure("amount", Unit.NUMBER, Decimal(1))), Term("÷", "Herfindahl index", h), Term("=", "effective number", number))
    words = {
        "herfindahl": "The squares of the weights, added up: 1 where everything lies in one place, and close to nothing where many are alike.",
        "effective_number": "As many holdings of one size would be as concentrated as these.",
    }[name]
    title = {"herfindahl": "Herfindahl index", "effective_number": "Effective number of holdings"}[name]
    return _explained(
        mix, name, title, h if name == "herfindahl" else number, words, terms=terms, rows_title="Holdings and cash",
        columns=("Weight", "Squared"), lines=tuple(lines), more_lines=len(rest),
    )  # fmt: skip


def _days(held: HeldTogether) -> Source:
    words = f"{counted(len(held.together.returns), 'common day')} of returns, {in_words(held.start)} to {in_words(held.last)}"
    return Source(words, None, "computed from closes", held.last, kind="series")


def diversification_ratio(mix: Mix, spread: Spread, held: HeldTogether) -> Explanation:
    """Volatilities of the holdings by weight, over that of all together."""
    ratio = spread.diversification_ratio
    lines: tuple[Line, ...] = ()
    terms: tuple[Term, ...] = ()
    if ratio.known and held.together.covariance is not None:
        sigmas = held.together.covariance.matrix.diagonal() * held.together.periods
        named = {thing.key: thing for thing in held.moving}
        alone = [float(abs(w) * s**0.5) for w, s in zip(held.counted.tolist(), sigmas.tolist(), strict=True)]
        rows = [
            Line(
                one.instrument.name if one.instrument is not None else f"Cash, {key}",
                (one.weight, Figure("volatility", Unit.FRACTION, sigma**0.5), Figure("volatility", Unit.FRACTION, part)),
                one.instrument.id if one.instrument is not None else None,
            )
            for key, sigma, part in zip(held.together.keys, sigmas.tolist(), alone, strict=True)
            for one in (named[key],)
        ]
        lines = tuple(rows[:MOST_LINES])
        every = Figure("volatility", Unit.FRACTION, sum(alone))
        terms = (
            Term("", "volatilities by weight, added up", every),
            Term("÷", "volatility of all together", held.volatility),
            Term("=", "ratio", ratio),
        )
    return _explained(
        mix, "diversification_ratio", "Diversification ratio", ratio,
        "How much the holdings vary one by one, over how much they vary together: 1 where nothing evens out. By the covariance of the past year.",
        terms=terms, rows_title="Holdings", columns=("Weight", "Volatility", "By weight"), lines=lines, inputs=(_days(held),) if ratio.known else (),
    )  # fmt: skip


def average_correlation(mix: Mix, spread: Spread, held: HeldTogether) -> Explanation:
    average = spread.average_correlation
    terms = (Term("", "correlations of all pairs, their mean", average), Term("=", "average correlation", average)) if average.known else ()
    return _explained(
        mix, "average_correlation", "Average correlation", average,
        "The mean of the correlations of each pair of holdings: 1 where all move alike, 0 where they have nothing to do with each other.",
        terms=terms, inputs=(_days(held),) if average.known else (),
    )  # fmt: skip


def largest_together(mix: Mix, rows: Sequence[Largest], whole: Figure) -> Explanation:
    """The largest holdings, of each what is held itself and through funds."""
    lines = tuple(
        Line(
            one.name,
            (one.direct, one.through, one.together),
            one.instrument.id if one.instrument is not None else None,
            terms=(Term("", "held itself", one.direct), Term("+", "through funds", one.through), Term("=", "together", one.together)),
        )
        for one in rows
    )
    terms = (Term("", "weights of the largest, added up", whole), Term("=", "together", whole)) if whole.known else ()
    return _explained(
        mix, "largest_together", "Ten largest holdings", whole, "What the ten largest holdings make of the gross exposure, cash aside.",
        terms=terms, rows_title="Holdings", columns=("Direct", "Through funds", "Together"), lines=lines,
    )  # fmt: skip


def check(mix: Mix, one: Concentration) -> Explanation:
    """The weights that a check looks at, beside what is allowed."""
    found = places(mix, one.limit.check) if one.share.known else ()
    many = FIVE if one.limit.check.value == "largest_five" else 1
    lines = tuple(
        Line(each.name, (each.value, each.weight), terms=of_slice(each, mix.exposure, *SAID)) for each in (found[:many] if many > 1 else found[:10])
    )
    terms: tuple[Term, ...] = ()
    beside: tuple[tuple[Term, ...], ...] = ()
    if isinstance(one.share.value, Decimal):
        limit = Figure("threshold", Unit.FRACTION, one.limit.threshold)
        over = Figure("over", Unit.POINTS, one.share.value - one.limit.threshold)
        terms = (Term("", one.name, one.share), Term("=", "share", one.share))
        beside = ((Term("", "share", one.share), Term("−", "limit", limit), Term("=", "over the limit", over)),)
    return _explained(
        mix, f"check_{one.limit.check.value}", one.limit.check.label, one.share, one.sentence, terms=terms, rows_title="The largest",
        columns=("Exposure", "Weight"), lines=lines, checks=beside,
    )  # fmt: skip
