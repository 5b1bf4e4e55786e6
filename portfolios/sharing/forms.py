"""The form of an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from portfolios.forms.common import RefusableForm


class InviteForm(RefusableForm):
    """An address and a role."""

    email = forms.EmailField(label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, gives: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = list(gives)  # type: ignore[attr-defined]
        self.fields["role"].initial = gives[-1][0]
