"""The form of a webhook."""

from __future__ import annotations

from django import forms

from alerts.outbox.choices import Event


class WebhookForm(forms.Form):
    """Where to, and of what."""

    url = forms.CharField(label="Address", max_length=2000, widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}))
    events = forms.MultipleChoiceField(label="Events", choices=Event.choices, widget=forms.CheckboxSelectMultiple, initial=[Event.ALERT_FIRED])
    description = forms.CharField(label="Note", max_length=100, required=False)
