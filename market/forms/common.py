"""What the forms of this app share."""

from __future__ import annotations

from django import forms

from portfolio_site.kernel.errors import DomainError


def show(form: forms.Form, problem: DomainError, fields: dict[str, str]) -> None:
    """Puts the sentences of a refusal beside the fields they name; what names none stands above the form."""
    told = False
    for error in problem.errors:
        name = fields.get(error.field, "")
        form.add_error(name if name in form.fields else None, error.detail)
        told = True
    if not told:
        form.add_error(None, problem.detail)
