"""What may be corrected of a proposal before it is accepted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from market.choices import ActionKind
from portfolio_site.web.fields import ExactFormField
from portfolios.forms import RefusableForm
from portfolios.models import ActionProposal


class AcceptForm(RefusableForm):
    """A split is accepted as it is; of a dividend everything can be put right."""

    renamed = {"price": "amount", "traded_on": "day"}

    amount = ExactFormField(label="For each unit", required=False)
    quantity = ExactFormField(label="Units", required=False)
    taxes = ExactFormField(label="Tax withheld", required=False)
    day = forms.DateField(label="Paid on", required=False, input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])
    settlement_currency = forms.ChoiceField(label="Paid out in", required=False)

    def __init__(self, *args: Any, proposal: ActionProposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if proposal.action.kind == ActionKind.SPLIT:
            self.fields = {"day": self.fields["day"]}
            return
        currency, base = proposal.action.instrument.currency, proposal.portfolio.base_currency
        for name in ("amount", "taxes"):
            self.fields[name].label = f"{self.fields[name].label}, {currency}"
        paid: Any = self.fields["settlement_currency"]
        paid.choices = [(code, code) for code in dict.fromkeys([currency, base])]
        self.fields["day"].widget = forms.DateInput(attrs={"type": "date", "max": timezone.localdate().isoformat()}, format="%Y-%m-%d")
        self.initial.setdefault("day", proposal.action.ex_day)

    def corrected(self) -> dict[str, Any]:
        """What was filled in, in the words of `draft_of_proposal`."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
