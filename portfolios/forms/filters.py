"""Conditions that stand in an address.  What is not valid of them is as if it were not there, and the page says so."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from portfolio_site.kernel.dates import EARLIEST, no_day
from portfolios.choices import CostMethod, TransactionKind
from portfolios.selectors.lot_shapes import STATUSES
from portfolios.tags import LONGEST_TAG


class ConditionsForm(forms.Form):
    """Conditions of a page: what is valid of them counts, and what is left out is said."""

    def conditions(self) -> dict[str, Any]:
        """What is valid of it; the rest is as if it were not there."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}

    @property
    def left_out(self) -> list[str]:
        """What could not be used, in sentences."""
        return [self._sentence(name) for name in self.errors]

    def _sentence(self, name: str) -> str:
        said = ", ".join(self.data.getlist(name)) if isinstance(self.data, QueryDict) else str(self.data.get(name, ""))
        field, problem = self.fields[name], self.errors.as_data()[name][0]
        why = "There is no such choice."
        if isinstance(field, forms.DateField):
            why = no_day(said) if problem.code == "invalid" else str(problem.message)
        return f"{field.label or name.capitalize()} “{said[:40]}” was left out. {why}"


class FilterForm(ConditionsForm):
    """The conditions of the list of entries, as they stand in the address."""

    q = forms.CharField(required=False, max_length=200, label="Search")
    kind = forms.MultipleChoiceField(required=False, choices=TransactionKind.choices, label="Type")
    instrument = forms.IntegerField(required=False, min_value=1, max_value=10**18)
    start = forms.DateField(required=False, label="From", input_formats=["%Y-%m-%d"])
    end = forms.DateField(required=False, label="To", input_formats=["%Y-%m-%d"])
    source = forms.ChoiceField(required=False, choices=[("", "Any"), ("hand", "By hand"), ("import", "Imported")])
    tag = forms.CharField(required=False, max_length=LONGEST_TAG, label="Tag")
    voided = forms.BooleanField(required=False)


class LotsForm(ConditionsForm):
    """What a page of lots is about."""

    instrument = forms.IntegerField(required=False, min_value=1, max_value=10**18)
    as_of = forms.DateField(required=False, label="As of", input_formats=["%Y-%m-%d"])
    method = forms.ChoiceField(required=False, choices=[("", "The portfolio’s own"), *CostMethod.choices])
    status = forms.ChoiceField(required=False, choices=[("", "All"), *STATUSES.items()])
    show = forms.ChoiceField(required=False, choices=[("", "Lots"), ("sales", "Sales"), ("methods", "Methods")])

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day is not None and not EARLIEST <= day <= timezone.localdate():
            raise forms.ValidationError("Choose a day up to today.")
        return day
