"""What the lists of the administration share."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import ModelFormMetaclass
from django.http import HttpRequest

from portfolio_site.kernel.errors import Invalid
from portfolio_site.web.administration import ByRole

MANUAL = "manual"  # the source of what an administrator enters


class Shared(ByRole):
    """Rows without an owner."""

    show_full_result_count = False
    list_per_page = 50
    owner_path = "instrument__owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(**{f"{self.owner_path}__isnull": True})


class _AbstractForm(ABCMeta, ModelFormMetaclass):
    """Of forms that leave something to be written."""


class Checked(forms.ModelForm, metaclass=_AbstractForm):  # type: ignore[type-arg]
    """Tells what the service would refuse, at the field it names."""

    names: ClassVar[dict[str, str]] = {}

    @abstractmethod
    def check_by_service(self, values: dict[str, Any]) -> None:
        """Raises Invalid for what the service would refuse."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            self.check_by_service(values)
        except Invalid as problem:
            named = {self.names.get(error.field.rsplit(".", 1)[-1], "__all__"): error.detail for error in problem.errors}
            raise ValidationError({name if name in self.fields else "__all__": text for name, text in named.items()}) from None
        return values
