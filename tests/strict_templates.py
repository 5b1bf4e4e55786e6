"""In tests, a template of ours that prints an undefined name or a bare number, date, figure or None fails; Django's own may."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import base, engines

from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.money import Money

_OURS = str(Path(settings.BASE_DIR) / "templates")


class UndefinedName(AssertionError):
    """A template prints a name that no view sets."""


class BareValue(AssertionError):
    """A template prints a value that is not text.  Put it through a filter of portfolio_site/web/numbers.py."""


def _template_of(context: Any) -> str:
    current = getattr(context.render_context, "template", None) or context.template
    return str(getattr(getattr(current, "origin", None), "name", ""))


class _Invalid(str):
    """Django's `string_if_invalid`: as empty as its default, but looking at it from one of our templates fails."""

    __slots__ = ()

    def __bool__(self) -> bool:
        local = sys._getframe(1).f_locals
        context, name = local.get("context"), getattr(local.get("self"), "var", "")
        if context is not None and _template_of(context).startswith(_OURS):
            raise UndefinedName(f"{_template_of(context)} prints “{name}”, which is not defined.")
        return False


@pytest.fixture(autouse=True)
def strict_templates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See the module's first line."""
    plain = base.render_value_in_context

    def strict(value: Any, context: Any) -> str:
        if (value is None or isinstance(value, (Decimal, float, Figure, Money, date))) and _template_of(context).startswith(_OURS):
            raise BareValue(f"{_template_of(context)} prints {value!r} as it is.")
        return plain(value, context)

    monkeypatch.setattr(base, "render_value_in_context", strict)
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", _Invalid())
    yield
