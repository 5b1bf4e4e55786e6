from typing import Any

from django.db import migrations

from portfolio_site.kernel.decimals import exact, plain


def move(apps: Any, schema_editor: Any) -> None:
    """The threshold of each price rule becomes a field of its kind; what was told is of the rule's instrument."""
    Rule, Firing = apps.get_model("alerts", "Rule"), apps.get_model("alerts", "Firing")
    for rule in Rule.objects.filter(threshold__isnull=False).iterator():
        rule.parameters, rule.started_at = {"threshold": plain(rule.threshold)}, rule.created_at
        rule.save(update_fields=["parameters", "started_at"])
        Firing.objects.filter(rule=rule).update(instrument=rule.instrument_id)


def move_back(apps: Any, schema_editor: Any) -> None:
    """Rules of kinds that there were not before cannot be told in a threshold alone: they go."""
    Rule = apps.get_model("alerts", "Rule")
    Rule.objects.exclude(kind__in=["price_above", "price_below"]).delete()
    for rule in Rule.objects.iterator():
        rule.threshold = exact(rule.parameters["threshold"])
        rule.save(update_fields=["threshold"])


class Migration(migrations.Migration):
    dependencies = [("alerts", "0004_rules_of_every_kind")]
    operations = [migrations.RunPython(move, move_back)]
