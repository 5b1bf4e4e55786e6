"""The small parts of pages."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import graphics, parts
from portfolio_site.web.writing import DOTS, speaking

D = Decimal


def money(value: str | None) -> Figure:
    if value is None:
        return Figure.undefined("gain", Unit.MONEY, "No price is known.", "EUR")
    return Figure("gain", Unit.MONEY, D(value), currency="EUR")


def test_a_change_shows_arrow_sign_and_colour_class() -> None:
    assert 'class="delta up"' in parts.delta(money("12.3"))
    assert "#arrow-up" in parts.delta(money("12.3"))
    assert "+€12.30" in parts.delta(money("12.3"))
    assert "#arrow-down" in parts.delta(money("-1"))
    assert 'class="delta flat"' in parts.delta(money("0.001"))
    assert "No price is known." in parts.delta(money(None))


def test_a_bare_change_that_rounds_to_zero_is_flat() -> None:
    assert 'class="delta flat"' in parts.delta(D("0.001"), "€0.00")


def test_the_cents_of_the_headline_are_quieter_in_each_locale() -> None:
    assert parts.money_big(money("503488.63")) == '€503,488<span class="figure__cents">.63</span>'
    with speaking("de-DE"):
        assert parts.money_big(money("503488.63")) == '503.488<span class="figure__cents">,63</span>\u00a0€'
    with speaking("en-GB", hidden=True):
        assert parts.money_big(money("503488.63")) == DOTS
    assert parts.money_big(Figure("value", Unit.MONEY, D("12"), currency="JPY")) == "¥12"


def test_an_old_figure_says_how_old() -> None:
    old = timezone.localdate() - timedelta(days=3)
    figure = Figure("value", Unit.MONEY, D(1), currency="EUR", stale_since=old)
    assert "3\u00a0d old" in parts.stale(figure)
    assert parts.stale(money("1")) == ""


def test_graphics_have_no_style_and_stay_inside_their_box() -> None:
    drawn = (
        graphics.spark([1.0, 2.0, 1.5], "MSFT, last 30 days")
        + graphics.bar(D("1.7"))
        + graphics.stackbar([D("0.6"), 0.4])
        + graphics.chart_fallback([1, 3, 2])
    )
    assert "style=" not in drawn
    assert 'width="100.00%"' in drawn
    assert 'aria-label="MSFT, last 30 days"' in drawn
    assert 'class="spark up"' in drawn


def test_too_few_points_draw_no_line() -> None:
    assert "<svg" not in graphics.spark([1.0])
    assert graphics.chart_fallback([]) == ""


def test_a_long_series_is_thinned_with_its_ends_kept() -> None:
    thinned = graphics.thinned([float(n) for n in range(1000)], 30)
    assert len(thinned) == 30
    assert (thinned[0], thinned[-1]) == (0.0, 999.0)


def test_an_explanation_is_a_link_that_keeps_the_rest_of_the_address() -> None:
    request = RequestFactory().get("/dashboard/?p=7&why=gain")
    text = Template('{% why "net-worth" "Explain net worth" %}').render(Context({"request": request}))
    assert 'href="?p=7&amp;why=net-worth"' in text
    assert 'data-why="net-worth"' in text
    assert Template('{% query why="" p="" %}').render(Context({"request": request})) == "?"


def test_a_form_keeps_the_parameters_that_it_does_not_set() -> None:
    request = RequestFactory().get("/holdings/", {"p": "7", "as_of": "2024-12-31", "kind": ['"><b>', "sell"]})
    shown = Template('{% query_fields "as_of" %}').render(Context({"request": request}))
    assert 'name="p" value="7"' in shown and "as_of" not in shown and shown.count('name="kind"') == 2 and "<b>" not in shown
    assert Template("{% query_fields %}").render(Context({})) == ""


class _Form(forms.Form):
    name = forms.CharField(help_text="As it stands on the statement.")
    kind = forms.ChoiceField(choices=[("a", "A")])
    shares = forms.DecimalField()
    agreed = forms.BooleanField()


def field(form: forms.Form, name: str) -> str:
    return Template('{% include "components/field.html" %}').render(Context({"field": form[name]}))


def test_a_field_ties_its_label_hint_and_error_to_its_input() -> None:
    fresh = field(_Form(), "name")
    assert '<label class="field__label" for="id_name">' in fresh
    assert 'aria-describedby="id_name_helptext"' in fresh
    assert 'id="id_name_helptext"' in fresh
    refused = field(_Form({}), "name")
    assert 'aria-invalid="true"' in refused
    assert 'id="id_name_error"' in refused
    assert "id_name_error" in refused.split("aria-describedby=")[1].split(">")[0]


def test_each_kind_of_input_has_its_class() -> None:
    assert 'class="select"' in field(_Form(), "kind")
    assert "select-wrap" in field(_Form(), "kind")
    assert 'class="input input--num"' in field(_Form(), "shares")
    assert '<label class="check"' in field(_Form(), "agreed")


def test_refused_forms_list_their_errors_with_links_to_the_fields() -> None:
    text = Template('{% include "components/form_errors.html" %}').render(Context({"form": _Form({})}))
    assert 'href="#id_name"' in text
    assert 'role="alert"' in text
    assert Template('{% include "components/form_errors.html" %}').render(Context({"form": _Form()})).strip().count("<") == 0


def test_a_rate_is_said_with_one_unit_of_the_foreign_currency() -> None:
    assert parts.rate_said("USD", "EUR", D("0.8612")) == "$1 = €0.8612"


def test_data_for_a_chart_cannot_end_its_block() -> None:
    text = graphics.chart_data({"name": "</script><script>alert(1)</script>&", "y": [1.5, None]}, "price-chart")
    assert text.count("</script>") == 1
    assert text.count("<script") == 1
    inside = text.split(">", 1)[1].removesuffix("</script>")
    assert json.loads(inside) == {"name": "</script><script>alert(1)</script>&", "y": [1.5, None]}


def test_names_of_instruments_are_escaped_in_graphics() -> None:
    assert "<b>" not in graphics.spark([1.0, 2.0], "<b>") + parts.logo("<b>", 1)


def test_each_cell_of_an_explanation_is_written_by_its_name_and_unit() -> None:
    assert parts.written(Figure("unrealised", Unit.MONEY, D("5"), currency="EUR")) == '<span class="num up" data-private>+€5.00</span>'
    assert parts.written(Figure("cost", Unit.MONEY, D("5"), currency="EUR")) == '<span class="num" data-private>€5.00</span>'
    assert parts.written(Figure("price", Unit.MONEY, D("508.3"), currency="USD")) == '<span class="num">$508.30</span>'
    assert parts.written(Figure("rate", Unit.NUMBER, D("0.8612"))) == '<span class="num">0.8612</span>'
    assert parts.written(Figure("weight", Unit.FRACTION, D("0.313"))) == '<span class="num">31.3%</span>'
    assert parts.written(Figure("twr", Unit.FRACTION, D("-0.02"))) == '<span class="num down">\u22122.00%</span>'
    assert "Not priced." in parts.written(Figure.undefined("value", Unit.MONEY, "Not priced.", "EUR"))
    assert parts.written("words <b>") == "words <b>"


def test_a_toast_offers_undo_where_its_message_brings_an_address() -> None:
    text = Template('{% include "components/toast.html" with text="Sale recorded" level="success" undo="/transactions/7/void/" %}')
    assert 'action="/transactions/7/void/"' in text.render(Context({"csrf_token": "x"}))
    plain = Template('{% include "components/toast.html" with text="Saved" level="success" %}').render(Context({}))
    assert "<form" not in plain
