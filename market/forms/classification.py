"""The form in which a person says what an instrument is.  It reads; the service decides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from market.choices import AssetClass, Dimension, ToldBy
from market.classes import REGIONS, region_of
from market.forms.common import show
from market.models import Instrument
from market.selectors import Classification
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import writing
from portfolio_site.web.fields import ExactFormField
from portfolio_site.web.times import country_name
from portfolio_site.web.writing import manner

_LINE = re.compile(r"(.*?\S)[\s:;=]+([0-9][0-9.,'’\u00a0\u202f]*)\s*%?")
_AS_TOLD = [("", "As it is told")]
WORDS = ("asset_class", "sector", "industry", "country", "region")


def _countries() -> list[tuple[str, str]]:
    names = manner().babel.territories
    known = [(code, str(name)) for code, name in names.items() if len(code) == 2 and region_of(code)]
    return _AS_TOLD + sorted(known, key=lambda one: one[1])


class PartsField(forms.CharField):
    """Parts of a fund, a line each: a name, then its part in percent.  Gives names and fractions."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "class": "textarea"})
        super().__init__(required=False, max_length=20_000, widget=widget, **kwargs)

    def clean(self, value: Any) -> list[tuple[str, Decimal]]:
        parts, errors = [], []
        for number, line in enumerate((super().clean(value) or "").splitlines(), start=1):
            if not (text := line.strip()):
                continue
            found = _LINE.fullmatch(text)
            percent = ExactFormField().clean(found[2]) if found else None
            if found is None or percent is None:
                errors.append(f"Line {number}: write a name and its part in percent, such as Technology {writing.typed(Decimal('24.5'))}.")
            else:
                parts.append((found[1], percent.scaleb(-2)))
        if errors:
            raise ValidationError(errors[:5])
        return parts


class ClassificationForm(forms.Form):
    """What one says; blank fields are as others tell it."""

    asset_class = forms.ChoiceField(choices=[*_AS_TOLD, *AssetClass.choices], required=False, label="Class")
    sector = forms.CharField(
        max_length=60, required=False, widget=forms.TextInput(attrs={"class": "input", "list": "sectors", "autocomplete": "off"})
    )
    industry = forms.CharField(max_length=80, required=False)
    country = forms.ChoiceField(choices=_countries, required=False)
    region = forms.ChoiceField(choices=[*_AS_TOLD, *((one, one) for one in REGIONS)], required=False, help_text="Left alone, it follows the country.")
    parts_sector = PartsField(label="By sector", help_text="A sector and its part in percent on each line. What is missing to 100 is unclassified.")
    parts_country = PartsField(label="By country", help_text="A country by its English name or its two letters.")
    parts_region = PartsField(label="By region", help_text="Left alone, they follow the countries.")
    parts_asset_class = PartsField(label="By class", help_text="Such as Shares 60, Bonds 35, Cash 5, each on its line.")
    parts_holding = PartsField(label="Largest holdings")

    @classmethod
    def of(cls, instrument: Instrument, told: Classification, data: Any = None) -> ClassificationForm:
        """The form filled with what the person said so far, beside the description of an instrument of their own."""
        initial: dict[str, Any] = {name: getattr(told, name) for name in WORDS if told.told_by.get(name) == ToldBy.OWN}
        if instrument.owner_id is not None:
            initial = {name: value for name, value in initial.items() if value != getattr(instrument, name)}
        if initial.get("region") and initial["region"] == region_of(initial.get("country", "")):
            del initial["region"]  # it followed the country, and goes on doing so
        for dimension, parts in told.weights.items():
            if told.told_by[f"{dimension.value}_weights"] == ToldBy.OWN and not (dimension == Dimension.REGION and Dimension.COUNTRY in told.weights):
                lines = (f"{_named(dimension, part.key, part.name)} {writing.typed((part.weight * 100).normalize())}" for part in parts)
                initial[f"parts_{dimension.value}"] = "\n".join(lines)
        return cls(data, initial=initial)

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in WORDS}

    def weights(self) -> Mapping[str, Sequence[tuple[str, Decimal]]]:
        return {one.value: found for one in Dimension if (found := self.cleaned_data[f"parts_{one.value}"])}

    def refuse(self, problem: DomainError) -> None:
        """Shows what the service said at the fields that it named; of parts at those of their dimension."""
        places = {
            error.field: f"parts_{error.field.split('.')[1]}" if error.field.startswith("weights.") else error.field for error in problem.errors
        }
        show(self, problem, places)


def _named(dimension: Dimension, key: str, name: str) -> str:
    if dimension == Dimension.ASSET_CLASS:
        return "Cash" if key == "cash" else str(AssetClass(key).label)
    return key if dimension == Dimension.COUNTRY and country_name(key) != name else name
