"""The form of an app that a person builds."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.oauth.adapter import ASKABLE, OIDCAdapter
from accounts.oauth.services import LONGEST_ADDRESS, LONGEST_NAME, MOST_ADDRESSES, AppDraft

CONFIDENTIAL, PUBLIC = "confidential", "public"
KINDS = ((CONFIDENTIAL, "A server of its own, which can keep a secret"), (PUBLIC, "On phones, desktops or in browsers"))


class AppForm(forms.Form):
    """What people see of it, where they come back to, and what it may ask for."""

    name = forms.CharField(label="Name", max_length=LONGEST_NAME, help_text="People see it when they are asked.")
    kind = forms.ChoiceField(label="It runs", choices=KINDS, initial=CONFIDENTIAL)
    addresses = forms.CharField(
        label="Addresses to return to",
        required=False,
        max_length=MOST_ADDRESSES * (LONGEST_ADDRESS + 2),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line. The address in a request must be the same, sign by sign.",
    )
    scopes = forms.MultipleChoiceField(
        label="What it may ask for",
        choices=[(scope, OIDCAdapter.scope_display[scope]) for scope in ASKABLE],
        widget=forms.CheckboxSelectMultiple,
        initial=["openid", "profile"],
        error_messages={"required": "Choose at least one of the things that the app may ask for."},
    )
    for_owner = forms.BooleanField(
        label="It may also act for you alone, by its secret", required=False, help_text="Client credentials: without a person who agrees."
    )

    def __init__(self, *args: Any, changing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if changing:
            del self.fields["kind"]

    def draft(self, *, confidential: bool | None = None) -> AppDraft:
        data = self.cleaned_data
        return AppDraft(
            name=data["name"],
            addresses=tuple(line.strip() for line in data["addresses"].splitlines() if line.strip()),
            scopes=tuple(data["scopes"]),
            confidential=data["kind"] == CONFIDENTIAL if confidential is None else confidential,
            for_owner=data["for_owner"],
        )
