"""Every field of every model says what becomes of it: in the export or not, erased, unlinked, or kept with a reason and an end."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import FieldError

from accounts.data_rights import registry
from portfolio_site.web.personal import GIVEN, End, rows


def test_every_field_of_every_model_is_classified() -> None:
    missing = registry.problems()
    assert not missing, "\n" + "\n".join(missing)


def test_what_is_kept_or_left_out_of_the_export_says_why_and_how_long() -> None:
    for one in registry.declared().values():
        for name, fate in [*one.fates.items(), *([("*", one.whole)] if one.whole else [])]:
            assert fate.exported or fate.reason, f"{one.label}.{name}: why is it not in the export?"
            assert fate.end != End.KEEP or (fate.reason and fate.until), f"{one.label}.{name}: why is it kept, and until when?"


@pytest.mark.parametrize("model", [model for model, _ in registry.personal_models()], ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_the_way_from_each_row_to_its_person_is_one_that_the_database_can_go(model: Any) -> None:
    try:
        assert not registry.belonging_to(model, 10**15).exists()
    except FieldError as problem:
        raise AssertionError(f"{model._meta.label}: {problem}") from None


def test_a_new_field_fails_with_the_line_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    label = "alerts.firing"
    without = {**registry.declared(), label: rows("alerts.Firing", "x", person="rule__owner", fields={GIVEN: "id rule sentence fired_at"})}
    monkeypatch.setattr(registry, "declared", lambda: without)
    said = registry.problems()
    assert any("alerts.Firing.read_at is not classified. Add read_at to the fields of alerts.Firing in alerts/personal.py" in line for line in said)
    monkeypatch.setattr(registry, "declared", lambda: {name: one for name, one in without.items() if name != label})
    assert any('Add to PERSONAL in alerts/personal.py: rows("alerts.Firing"' in line for line in registry.problems())
