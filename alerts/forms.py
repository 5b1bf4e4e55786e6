"""The form of a price alert."""

from __future__ import annotations

from typing import Any

from django import forms

from alerts.choices import RuleKind
from alerts.services import LONGEST_NOTE
from market.models import Instrument
from market.selectors import find_instrument
from portfolio_site.web.fields import ExactFormField


class RuleForm(forms.Form):
    """What to watch.  The instrument is named by its symbol or ISIN."""

    instrument = forms.CharField(
        label="Instrument",
        max_length=60,
        help_text="Symbol or ISIN",
        widget=forms.TextInput(attrs={"list": "alert-instruments", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="When", choices=RuleKind.choices)
    threshold = ExactFormField(label="Price", help_text="In the instrument’s currency; of a bond in percent of par")
    note = forms.CharField(label="Note", max_length=LONGEST_NOTE, required=False, help_text="Only you see it")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        self._user = user
        super().__init__(*args, **kwargs)

    def clean_instrument(self) -> Instrument:
        text = self.cleaned_data["instrument"].partition(" · ")[0].strip().upper()
        found = find_instrument(self._user, symbol=text) or find_instrument(self._user, isin=text)
        if found is None:
            raise forms.ValidationError(
                f"No instrument has the symbol or ISIN {text}. Check the spelling, or import a trade of it first.", code="unknown"
            )
        return found
