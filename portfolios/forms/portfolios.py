"""Forms of portfolios: their rules, and deleting one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from market.choices import AssetClass
from market.models import Benchmark, Instrument
from market.selectors import benchmarks_by_place, instruments_visible_to
from portfolios.choices import METHODS_SAID, CostMethod, DividendTreatment
from portfolios.forms.common import RefusableForm, currency_choices
from portfolios.models import Portfolio


class PortfolioForm(RefusableForm):
    """A portfolio and its rules."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), help_text="Only for you; stored encrypted."
    )
    base_currency = forms.ChoiceField(label="Currency", help_text="Sums and gains are told in it. It cannot change once there are transactions.")
    cost_method = forms.ChoiceField(
        choices=CostMethod.choices, widget=forms.RadioSelect, help_text="Which units a sale takes, and so what it gains. Past sales are told anew."
    )
    dividend_treatment = forms.ChoiceField(
        label="Dividends", choices=DividendTreatment.choices, help_text="Whether they are income, or lower what a holding cost."
    )
    tracks_cash = forms.BooleanField(
        required=False, label="Keep account of cash", help_text="Then purchases are paid from deposits. Without it, each purchase is money paid in."
    )
    allows_short = forms.BooleanField(
        required=False, label="Allow short sales", help_text="Then units may be sold that are not held. Without it, such a sale is refused as a slip."
    )
    applies_splits = forms.BooleanField(
        required=False,
        label="Record splits by themselves",
        help_text="Splits that the market reports, for the units held on the day before. One of an odd ratio still asks.",
    )
    applies_dividends = forms.BooleanField(
        required=False,
        label="Record dividends by themselves",
        help_text="Dividends that the market reports, before tax. Those that a statement brought are not recorded again.",
    )
    benchmark = forms.ChoiceField(required=False, help_text="What returns are compared with: an index, a fund, or a blend of your own.")

    renamed = {"blend": "benchmark"}

    def __init__(self, *args: Any, user: Any, portfolio: Portfolio | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base: Any = self.fields["base_currency"]
        base.choices = currency_choices([portfolio.base_currency] if portfolio else [])
        self._compared: dict[str, Instrument | Benchmark] = {}
        benchmark: Any = self.fields["benchmark"]
        benchmark.choices = [("", "None"), *self._groups(user, portfolio)]
        if portfolio is not None:
            of_blend = f"blend-{portfolio.blend_id}" if portfolio.blend_id else ""
            self.initial["benchmark"] = of_blend if of_blend in self._compared else str(portfolio.benchmark_id or "")
        if portfolio is not None and portfolio.revision:
            base.disabled = True
        self.say_what_is_missing()

    def _groups(self, user: Any, portfolio: Portfolio | None) -> list[tuple[str, list[tuple[str, str]]]]:
        """What can be compared with: the list of indices, blends, other indices and funds, and what is chosen now."""
        wanted = Q(asset_class__in=[AssetClass.INDEX, AssetClass.ETF, AssetClass.FUND]) | Q(pk=portfolio.benchmark_id if portfolio else None)
        groups: dict[str, list[tuple[str, str]]] = {"Indices": [], "Your blends": [], "Other indices and funds": []}
        rows = list(benchmarks_by_place(user))
        for row in rows:
            value: Instrument | Benchmark = row if row.is_blend else row.instrument
            key = f"blend-{row.pk}" if row.is_blend else str(value.pk)
            self._compared[key] = value
            groups["Your blends" if row.is_blend else "Indices"].append((key, row.name if row.is_blend else f"{row.name} ({row.instrument.symbol})"))
        for one in instruments_visible_to(user).filter(wanted).exclude(pk__in=[row.instrument_id for row in rows if not row.is_blend]):
            self._compared[str(one.pk)] = one
            groups["Other indices and funds"].append((str(one.pk), f"{one.name} ({one.symbol})"))
        return [(name, found) for name, found in groups.items() if found]

    def clean(self) -> dict[str, Any]:
        """`benchmark` and `blend` as services take them."""
        values = super().clean() or self.cleaned_data
        chosen = self._compared.get(values.get("benchmark") or "")
        values["benchmark"] = chosen if isinstance(chosen, Instrument) else None
        values["blend"] = chosen if isinstance(chosen, Benchmark) else None
        return values

    @property
    def methods(self) -> list[tuple[str, str, str]]:
        """Each cost method: its value, its name, and what it does in a sentence."""
        return [(method.value, str(method.label), METHODS_SAID[method]) for method in CostMethod]


class DeletePortfolioForm(forms.Form):
    """Asks for the name, because it cannot be undone."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, portfolio: Portfolio, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = portfolio.name
        self.fields["name"].label = "Type its name to delete it"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip() != self._wanted.strip():
            raise forms.ValidationError("This is not the name of the portfolio.")
        return name


class LockForm(RefusableForm):
    """The day that a portfolio is locked up to."""

    until = forms.DateField(
        label="Lock up to the end of",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
        help_text="Entries of that day and before can then not be recorded, changed or voided.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].widget.attrs["max"] = timezone.localdate().isoformat()
        self.say_what_is_missing()
