"""Whether a portfolio is linked by transfers is kept in its own row, which every writer reads anyhow."""

from typing import Any

from django.db import migrations, models


def mark(apps: Any, schema_editor: Any) -> None:
    linked = apps.get_model("portfolios", "Transaction").objects.filter(link__isnull=False)
    apps.get_model("portfolios", "Portfolio").objects.filter(pk__in=linked.values("portfolio")).update(is_linked=True)


class Migration(migrations.Migration):
    dependencies = [("portfolios", "0005_lean_entries")]

    operations = [
        migrations.AddField("portfolio", "is_linked", models.BooleanField(default=False)),
        migrations.RunPython(mark, migrations.RunPython.noop),
        migrations.RemoveIndex("transaction", "linked_entries"),
    ]
