"""The form of an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from portfolios.forms.common import RefusableForm
from portfolios.sharing.links import TITLE


class InviteForm(RefusableForm):
    """An address and a role."""

    email = forms.EmailField(label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, gives: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = list(gives)  # type: ignore[attr-defined]
        self.fields["role"].initial = gives[-1][0]


class LinkForm(RefusableForm):
    """What a public link is called, for how long it is good, and whether it shows amounts."""

    title = forms.CharField(label="Title", max_length=60, required=False, initial=TITLE)
    days = forms.TypedChoiceField(
        label="Good for", coerce=int, choices=[(1, "A day"), (7, "A week"), (30, "30 days"), (90, "90 days"), (365, "A year")], initial=30
    )
    with_amounts = forms.BooleanField(label="Show amounts too", required=False)

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["with_amounts"]


class OfferForm(RefusableForm):
    """To whom a portfolio is offered, and what becomes of who gives it."""

    to = forms.TypedChoiceField(label="New owner", coerce=int)
    stays = forms.TypedChoiceField(
        label="You afterwards", coerce=lambda value: value == "yes", choices=[("yes", "Stay in it as a manager"), ("no", "Leave it")], initial="yes"
    )

    def __init__(self, *args: Any, takers: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = list(takers)  # type: ignore[attr-defined]
        self.say_what_is_missing()
