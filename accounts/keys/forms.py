"""The form of a new key."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.keys.services import LONGEST_NAME
from accounts.scopes import WORDS

LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("", "No end"))


class KeyForm(forms.Form):
    """What it is for, what it may do, and for how long."""

    name = forms.CharField(label="Name", max_length=LONGEST_NAME, help_text="What the key is for, such as “Spreadsheet at home”.")
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope, words) for scope, words in WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=["portfolios:read", "market:read", "analytics:read"],
        error_messages={"required": "Choose at least one thing that the key may do."},
    )
    expires_in_days = forms.ChoiceField(label="Good for", choices=LIVES, required=False, initial="90")

    def clean_expires_in_days(self) -> int | None:
        text = self.cleaned_data["expires_in_days"]
        return int(text) if text else None

    @property
    def wanted(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "scopes": self.cleaned_data["scopes"], "days": self.cleaned_data["expires_in_days"]}
