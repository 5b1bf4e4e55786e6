"""Forms of watchlists.  They read; services decide."""

from __future__ import annotations

from django import forms

from market.forms.common import show
from market.services import LONGEST_NAME
from portfolio_site.kernel.errors import DomainError


class WatchlistForm(forms.Form):
    """The name of a watchlist."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="Such as “Chips” or “To read about”.")

    def refuse(self, problem: DomainError) -> None:
        show(self, problem, {"name": "name"})


class PlaceForm(forms.Form):
    """Where on its list an instrument goes; 1 is the top."""

    place = forms.IntegerField(min_value=1, max_value=10_000, required=False)

    def asked(self) -> int | None:
        """The place, or None where none is asked for or it is none."""
        place: int | None = self.cleaned_data.get("place") if self.is_valid() else None
        return place
