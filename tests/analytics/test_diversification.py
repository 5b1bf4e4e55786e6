"""How widely the money is spread: weights, the score and its parts, checks, overlaps, history; and what cannot be told."""

from __future__ import annotations

import html
import json
import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from analytics import memory
from analytics.choices import By, Check
from analytics.errors import BadLimit
from analytics.selectors import Diversification, diversification_of, limits_of, value_now
from analytics.selectors.explaining import names as explain_names
from analytics.services import LimitDraft, reset_limits, set_limits
from market.services import classify
from portfolio_site.kernel.figures import Figure
from tests.factories import make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db

D = Decimal


def weights(report: Diversification, by: By) -> dict[str, Decimal | float | None]:
    return {one.key: one.weight.value for one in report.breakdown(by).slices}


def number(figure: Figure) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


@pytest.fixture
def world(person: Any) -> dict[str, Any]:
    """Two shares and two funds, of which some is known, at 100 each."""
    chip = make_instrument("CHIP", name="Chip Inc.", price="100", sector="Technology", country="US", region="North America")
    bank = make_instrument("BANK", name="Bank AG", price="100", sector="Financials", country="DE", region="Europe")
    fund = make_instrument("WRLD", name="World fund", price="100", asset_class="etf")
    tech = make_instrument("TECH", name="Tech fund", price="100", asset_class="etf")
    classify(
        person,
        fund,
        weights={
            "sector": [("Technology", D("0.5")), ("Energy", D("0.25"))],
            "country": [("US", D("0.6")), ("JP", D("0.4"))],
            "asset_class": [("stock", D("0.9")), ("cash", D("0.1"))],
            "holding": [("Chip Incorporated", D("0.3")), ("Oil plc", D("0.2"))],
        },
    )
    classify(person, tech, weights={"holding": [("CHIP", D("0.5")), ("Oil", D("0.1"))]}, sector="Technology")
    return {"chip": chip, "bank": bank, "fund": fund, "tech": tech}


@pytest.fixture
def spread(person: Any, world: dict[str, Any], today: date) -> Any:
    """€100 of the chip, 200 of the bank, 400 of the world, 200 of tech, 100 in cash."""
    portfolio = make_portfolio(person, name="Core")
    record(portfolio, "deposit", today - timedelta(days=3), amount="1000")
    for name, units in (("chip", "1"), ("bank", "2"), ("fund", "4"), ("tech", "2")):
        record(portfolio, "buy", today - timedelta(days=2), world[name], quantity=units, price="100")
    return portfolio


# ── weights ─────────────────────────────────────────────────────────────────


def test_funds_are_looked_through_as_by_hand(person: Any, spread: Any, world: dict[str, Any]) -> None:
    found = diversification_of(person, [spread])
    assert found.exposure.value == 1000
    assert weights(found, By.SECTOR) == {"Technology": D("0.5"), "Financials": D("0.2"), "Energy": D("0.1"), "cash": D("0.1"), "": D("0.1")}
    assert weights(found, By.COUNTRY) == {"US": D("0.34"), "DE": D("0.2"), "JP": D("0.16"), "cash": D("0.1"), "": D("0.2")}
    assert weights(found, By.REGION) == {"North America": D("0.34"), "Europe": D("0.2"), "Asia": D("0.16"), "cash": D("0.1"), "": D("0.2")}
    assert weights(found, By.CLASS) == {"stock": D("0.66"), "etf": D("0.2"), "cash": D("0.14")}
    # what is in the funds is what is held: 0.3 × 400 and 0.5 × 200 of the chip, 0.2 × 400 and 0.1 × 200 of oil
    keys = {str(world[name].pk): name for name in world} | {"company:oil": "oil", "cash:EUR": "cash"}
    held = {keys[key]: weight for key, weight in weights(found, By.HOLDING).items()}
    assert held == {"chip": D("0.32"), "bank": D("0.2"), "fund": D("0.2"), "tech": D("0.08"), "oil": D("0.1"), "cash": D("0.1")}


def test_without_looking_through_a_fund_is_what_it_is_called(person: Any, spread: Any) -> None:
    found = diversification_of(person, [spread], look_through=False)
    assert weights(found, By.CLASS) == {"etf": D("0.6"), "stock": D("0.3"), "cash": D("0.1")}
    assert weights(found, By.SECTOR) == {"Technology": D("0.3"), "Financials": D("0.2"), "cash": D("0.1"), "": D("0.4")}
    assert found.overlaps == () and all(not one.funds for one in found.largest)


def test_what_is_unclassified_is_named_with_as_much_of_it(person: Any, spread: Any) -> None:
    by = diversification_of(person, [spread]).breakdown(By.COUNTRY)
    assert by.unclassified.value == D("0.2") and [(one.instrument.symbol, one.exposure.value) for one in by.untold] == [("TECH", 200)]


def test_short_holdings_and_debts_count_like_long_ones_and_accounts_share_by_units(person: Any, world: dict[str, Any], today: date) -> None:
    short, other = make_portfolio(person, name="Short", allows_short=True, tracks_cash=False), make_portfolio(person, name="Other", tracks_cash=False)
    record(short, "short_sell", today, world["bank"], quantity="3", price="100")
    record(other, "buy", today, world["chip"], quantity="1", price="100")
    record(short, "buy", today, world["chip"], quantity="2", price="100")
    found = diversification_of(person, [short, other])
    assert found.table.value.value == 0 and found.exposure.value == 600
    assert weights(found, By.COUNTRY) == {"DE": D("0.5"), "US": D("0.5")}
    assert sum(weights(found, By.ACCOUNT).values()) == 1
    assert float(weights(found, By.ACCOUNT)[str(other.pk)] or 0) == pytest.approx(1 / 6)


@pytest.mark.parametrize("look_through", [True, False])
def test_weights_of_every_dimension_add_up_to_one_exactly(
    person: Any, euro_portfolio: Any, dollar_portfolio: Any, fund: Any, look_through: bool
) -> None:
    third = D(1) / D(3)
    classify(person, fund, weights={"country": [("US", round(third, 18)), ("JP", round(third, 18))], "holding": [("SHARE", round(third, 18))]})
    found = diversification_of(person, [euro_portfolio, dollar_portfolio], look_through=look_through)
    for one in found.breakdowns:
        assert sum((part.weight.value for part in one.slices), D(0)) == 1, one.by
        assert sum((part.value.value for part in one.slices), D(0)) == found.exposure.value, one.by


# ── the score ───────────────────────────────────────────────────────────────


def test_the_score_is_made_again_from_its_parts(person: Any, spread: Any) -> None:
    found = diversification_of(person, [spread])
    held = [float(one) for one in (0.32, 0.2, 0.2, 0.08, 0.1, 0.1)]
    h = sum(one * one for one in held)
    assert number(found.spread.herfindahl) == pytest.approx(h) and number(found.spread.effective_number) == pytest.approx(1 / h)

    def evenness(parts: list[float], k: int) -> float:
        c = sum(parts)
        return -100 * c * sum(w / c * math.log(w / c) for w in parts) / math.log(k)

    expected = [100 * (1 - h), evenness([0.66, 0.2, 0.14], 10), evenness([0.5, 0.2, 0.1], 11), evenness([0.34, 0.2, 0.16], 256)]
    assert [number(part) for _, part, _ in found.spread.parts] == pytest.approx(expected)
    assert not found.spread.halved and "is not known" in found.spread.why  # two days have no correlation
    assert number(found.spread.score) == pytest.approx(sum(expected) / 4)


def test_holdings_that_move_alike_halve_the_score(person: Any, euro_portfolio: Any) -> None:
    spread = diversification_of(person, [euro_portfolio]).spread
    assert spread.halved and number(spread.diversification_ratio) < 1.1 and spread.why.startswith("Halved: the diversification ratio is 1.0")
    assert number(spread.score) == pytest.approx(sum(number(part) for _, part, _ in spread.parts) / 8)
    assert number(spread.average_correlation) > 0.9


def test_every_figure_is_made_again_from_its_explanation(person: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    found = diversification_of(person, [euro_portfolio, dollar_portfolio])
    for name, why in found.explanations.items():
        assert why.name == name and why.words and why.title
        if not why.figure.known:
            assert why.figure.why_not and not why.terms
            continue
        made = 0.0
        for term in why.terms[:-1]:
            value = number(term.figure)
            made = made / value if term.operator == "÷" else made + value
        assert made == pytest.approx(number(why.figure)) and why.terms[-1].figure.value == why.figure.value, name
    assert set(found.explanations) == set(explain_names.MIX)
    ratio = found.explanations["diversification_ratio"]
    assert sum(number(line.cells[-1]) for line in ratio.lines) == pytest.approx(number(ratio.terms[0].figure))
    squares = found.explanations["herfindahl"]
    assert sum(number(line.cells[-1]) for line in squares.lines) == pytest.approx(number(squares.figure))


# ── what lies together ──────────────────────────────────────────────────────


def test_the_largest_holdings_count_what_funds_hold_of_them(person: Any, spread: Any) -> None:
    found = diversification_of(person, [spread])
    rows = {one.name: (one.direct.value, one.through.value, one.together.value, [fund.symbol for fund in one.funds]) for one in found.largest}
    assert rows["Chip Inc."] == (D("0.1"), D("0.22"), D("0.32"), ["WRLD", "TECH"])
    assert rows["Oil plc"] == (0, D("0.1"), D("0.1"), ["WRLD", "TECH"]) and rows["World fund"] == (D("0.2"), 0, D("0.2"), [])
    assert found.together.value == D("0.9")  # everything but cash


def test_two_funds_overlap_by_the_smaller_part_of_what_both_hold(person: Any, spread: Any) -> None:
    (pair,) = diversification_of(person, [spread]).overlaps
    assert {pair.first.symbol, pair.second.symbol} == {"WRLD", "TECH"} and pair.overlap.value == D("0.4")
    assert [(name, weight.value) for name, weight in pair.shared] == [("Chip Inc.", D("0.3")), ("Oil plc", D("0.1"))]
    assert {figure.value for figure in pair.known} == {D("0.5"), D("0.6")}


def test_the_mix_of_each_month_is_what_that_day_was(person: Any, euro_portfolio: Any) -> None:
    found = diversification_of(person, [euro_portfolio])
    for history in found.history:
        assert all(sum(point) == pytest.approx(1) for point in zip(*history.shares, strict=True))
    for by, slices in ((By.CLASS, "by_class"), (By.CURRENCY, "by_currency")):
        history = next(one for one in found.history if one.by is by)
        for place in (0, 5, len(history.days) - 1):
            then = {one.key: float(one.weight.value) for one in getattr(value_now([euro_portfolio], as_of=history.days[place]), slices)}
            assert {key: row[place] for key, row in zip(history.keys, history.shares, strict=True) if row[place]} == pytest.approx(then)


# ── checks ──────────────────────────────────────────────────────────────────


def state(report: Diversification) -> dict[Check, str]:
    return {one.limit.check: one.state for one in report.checks}


def test_checks_compare_the_largest_places_with_what_the_person_set(person: Any, spread: Any) -> None:
    found = diversification_of(person, [spread])
    assert [number(one.share) for one in found.checks[:5]] == pytest.approx([0.32, 0.9, 0.5, 0.34, 1.0])
    assert state(found) == {
        Check.LARGEST_HOLDING: "beyond",
        Check.LARGEST_FIVE: "beyond",
        Check.SECTOR: "beyond",
        Check.COUNTRY: "within",
        Check.CURRENCY: "beyond",
        Check.ACCOUNT: "unknown",
    }
    assert found.checks[2].sentence == "Technology makes 50.0%, more than 35.0%."
    assert found.checks[5].sentence == "Only one account is looked at."
    set_limits(person, {"sector": LimitDraft(D("0.55")), "currency": LimitDraft(is_on=False), "country": LimitDraft(D("0.5"))})
    found = diversification_of(person, [spread])
    assert (found.checks[2].state, found.checks[4].state) == ("within", "off")
    assert found.checks[2].sentence.endswith("10.0% is unclassified and could change this.")
    assert found.checks[3].sentence.endswith("20.0% is unclassified and could change this.")


def test_limits_are_ones_own_set_all_or_none_and_taken_back(person: Any) -> None:
    stranger = make_person("stranger")
    with pytest.raises(BadLimit) as refused:
        set_limits(person, {"sector": LimitDraft(D("0.3")), "country": LimitDraft(D("1.5")), "planet": LimitDraft(D("0.1"))})
    assert [one.field for one in refused.value.errors] == ["country", "planet"] and not any(one.is_own for one in limits_of(person))
    set_limits(person, {"sector": LimitDraft(D("0.3"))})
    assert {one.check: one.threshold for one in limits_of(person) if one.is_own} == {Check.SECTOR: D("0.3")}
    assert not any(one.is_own for one in limits_of(stranger))
    reset_limits(person)
    assert limits_of(person) == limits_of(stranger)
    assert list(AuditEntry.objects.filter(subject=person.pk, action="concentration.changed").order_by("sequence").values_list("data", flat=True)) == [
        {"fields": ["sector"]},
        {"fields": ["all"]},
    ]


def test_limits_over_the_api(api: Any, person: Any) -> None:
    body = {"checks": [{"check": "sector", "threshold": "0.3", "on": False}]}
    told = {one["check"]: one for one in api.patch("/api/v1/concentration", body, format="json").json()["checks"]}
    assert told["sector"] == {"check": "sector", "threshold": "0.3", "on": False, "own": True} and not told["country"]["own"]
    refused = api.patch("/api/v1/concentration", {"checks": [{"check": "sector", "threshold": "0"}]}, format="json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "sector"
    assert not any(one["own"] for one in api.delete("/api/v1/concentration").json()["checks"])


# ── the api ─────────────────────────────────────────────────────────────────


def test_the_api_tells_the_same_and_explains_it(api: Any, person: Any, spread: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{spread.pk}/diversification").json()
    assert {part["key"]: part["weight"] for part in body["by_sector"]["parts"]}["Technology"] == "0.5"
    assert body["by_country"]["unclassified"] == "0.2" and [one["symbol"] for one in body["by_country"]["to_classify"]] == ["TECH"]
    assert body["look_through"] and body["gross_exposure"] == "1000" and body["largest_together"] == "0.9"
    assert body["diversification_ratio"] is None and {one["figure"] for one in body["undefined"]} >= {"diversification_ratio", "check_account"}
    plain = api.get("/api/v1/portfolios/all/diversification", {"look_through": "false"}).json()
    assert {part["key"] for part in plain["by_class"]["parts"]} == {"etf", "stock", "cash"} and not plain["look_through"]
    asked = {"report": "diversification", "figure": "score"}
    assert api.get(f"/api/v1/portfolios/{spread.pk}/explain", asked).json()["value"] == body["score"]
    assert api.get(f"/api/v1/portfolios/{spread.pk}/explain", {**asked, "look_through": "no"}).json()["value"] != body["score"]
    unknown = api.get(f"/api/v1/portfolios/{spread.pk}/diversification", {"depth": "2"})
    assert unknown.status_code == 400


@pytest.mark.parametrize(("address", "most"), [("", 20), ("/diversification/", 32), ("/api/v1/portfolios/all/diversification", 28)])
def test_queries_do_not_grow_with_holdings(signed_in: Any, person: Any, spread: Any, today: date, address: str, most: int) -> None:
    def queries() -> int:
        memory.series.clear(), memory.mixes.clear(), memory.risks.clear()
        with CaptureQueriesContext(connection) as captured:
            if address:
                assert signed_in.get(address).status_code == 200
            else:
                diversification_of(person, [spread])
        return len(captured)

    def more(first: int, last: int) -> None:
        for place in range(first, last):
            one = make_instrument(f"MORE{place}", price="10", asset_class="etf")
            classify(person, one, weights={"holding": [("Chip", D("0.2"))]})
            record(spread, "buy", today, one, quantity="1", price="1")

    queries()  # what a first request reads for all that follow
    more(0, 1)
    few = queries()
    more(1, 6)
    assert queries() == few <= most


# ── what cannot be told ─────────────────────────────────────────────────────


def hard(name: str, person: Any, today: date) -> Any:
    """A portfolio of which hardly anything can be told."""
    portfolio = make_portfolio(person, name=name, allows_short=True)
    priced, before = make_instrument(price="100", previous="99"), today - timedelta(days=40)
    if name == "empty":
        return portfolio
    record(portfolio, "deposit", today if name in {"opened today", "one day"} else before, amount="1000")
    if name == "no price":
        record(portfolio, "buy", before, make_instrument(), quantity="1", price="100")
    elif name == "no rate":
        record(
            portfolio, "buy", before, make_instrument(currency="XAF"), quantity="1", price="100", settlement_currency="EUR", fx_rate="1", amount="100"
        )
        record(portfolio, "deposit", before, amount="50", currency="XAF", fx_rate="1")
    elif name in {"opened today", "one day"}:
        record(portfolio, "buy", today, priced, quantity="1", price="100")
    elif name == "sold":
        record(portfolio, "buy", before, priced, quantity="1", price="100")
        record(portfolio, "sell", before, priced, quantity="1", price="100")
        record(portfolio, "withdrawal", before, amount="1000")
    elif name == "worthless":
        record(portfolio, "buy", before, make_instrument(price="0.000000000000000001"), quantity="1", price="1000")
    elif name == "short":
        record(portfolio, "short_sell", before, priced, quantity="20", price="100")
    elif name == "crypto":
        record(portfolio, "buy", before, make_instrument(price="100", asset_class="crypto"), quantity="10", price="100")
    return portfolio


HARD = ("empty", "only cash", "no price", "no rate", "opened today", "one day", "sold", "worthless", "short", "crypto")


@pytest.mark.parametrize("name", HARD)
def test_hard_portfolios_answer_with_reasons(api: Any, person: Any, today: date, name: str) -> None:
    portfolio = hard(name, person, today)
    for query in ({}, {"look_through": "no"}, {"as_of": (today - timedelta(days=20)).isoformat()}):
        answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/diversification", query)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        reasons = {one["figure"]: one["reason"] for one in body["undefined"]}
        for figure in (
            "gross_exposure",
            "score",
            "herfindahl",
            "effective_number",
            "diversification_ratio",
            "average_correlation",
            "largest_together",
        ):
            assert (body[figure] is None) == bool(reasons.get(figure)), figure
        for by in By:
            known = [D(part["weight"]) for part in body[f"by_{by}"]["parts"] if part["weight"] is not None]
            assert sum(known, D(0)) == (1 if body["gross_exposure"] else 0), by
        if name == "empty":
            assert reasons["score"] == "Nothing is held." and not body["history"][0]["points"]
        if name == "only cash":
            assert D(body["score"]) == 0 and {part["key"] for part in body["by_sector"]["parts"]} == {"cash"}
        if name == "no rate":
            assert any("XAF" in said for said in body["warnings"])


# ── the page ────────────────────────────────────────────────────────────────


def shown(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:500]
    return html.unescape(answer.content.decode())


def test_the_page_shows_weights_checks_overlaps_and_where_to_classify(signed_in: Any, person: Any, spread: Any, world: dict[str, Any]) -> None:
    page = shown(signed_in.get("/diversification/"))
    assert "Technology makes 50.0%, more than 35.0%." in page and "WRLD and TECH" in page
    assert f"/instruments/{world['tech'].pk}/classify/?next=/diversification/" in page and "Unclassified" in page
    whole = shown(signed_in.get("/diversification/?look_through=0"))
    assert "What funds have in common" not in whole and "Exchange-traded funds" in whole
    assert "Technology" in shown(signed_in.get("/diversification/?why=check_sector"))
    assert signed_in.get("/diversification/?why=nothing").status_code == 404


def test_limits_are_set_on_the_page_and_refused_by_their_field(signed_in: Any, person: Any, spread: Any) -> None:
    body = {f"percent_{check}": "40" for check in Check} | {"on_sector": "on"}
    answer = signed_in.post("/diversification/?look_through=0", body)
    assert (answer.status_code, answer["Location"]) == (302, "/diversification/?look_through=0")
    assert {one.check: (one.threshold, one.is_on) for one in limits_of(person)}[Check.SECTOR] == (D("0.4"), True)
    refused = signed_in.post("/diversification/", {**body, "percent_country": "120"})
    assert "the threshold is more than nothing and at most everything" in html.unescape(refused.content.decode())
    signed_in.post("/diversification/", {"reset": "1"})
    assert not any(one.is_own for one in limits_of(person))


def test_files_hold_the_weights_and_hide_amounts(signed_in: Any, person: Any, spread: Any) -> None:
    told = json.loads(signed_in.get("/diversification/?export=json").content)
    assert sum(D(row["weight"]) for row in told["weights"] if row["by"] == "sector") == 1 and told["largest"][0]["name"] == "Chip Inc."
    person.preferences.hide_amounts = True
    person.preferences.save()
    sheet = signed_in.get("/diversification/?export=csv&table=weights").content.decode()
    assert "sector,Technology,Technology,Hidden,0.5" in sheet
    assert signed_in.get("/diversification/?export=xlsx").status_code == 200


@pytest.mark.parametrize("name", HARD)
def test_hard_portfolios_have_a_page(signed_in: Any, person: Any, today: date, name: str) -> None:
    hard(name, person, today)
    for address in (
        "/diversification/",
        "/diversification/?period=MAX&look_through=0",
        "/diversification/?export=json",
        "/diversification/?why=score",
    ):
        assert signed_in.get(address).status_code == 200, address
