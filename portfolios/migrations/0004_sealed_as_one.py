"""What an entry keeps sealed moves into one sealed value; keys of imported rows keep their first 32 digits."""

from typing import Any

from django.db import migrations
from django.db.models.functions import Substr

import portfolio_site.web.packed

# in the order in which portfolios.models.Transaction declares them
PARTS = (
    "quantity", "price", "amount", "fees", "taxes", "fx_rate", "notes", "external_id", "accrued", "given_amount", "reinvested_quantity",
    "costs_rate", "cost_share", "reference", "tags", "lots",
)  # fmt: skip
AT_ONCE = 2000


def pack(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("portfolios", "Transaction").objects.order_by("pk")
    last = 0
    while found := list(rows.filter(pk__gt=last).only("pk", *PARTS)[:AT_ONCE]):
        for row in found:
            row.sealed = tuple(getattr(row, name) for name in PARTS)
        rows.bulk_update(found, ["sealed"], batch_size=200)
        last = found[-1].pk


def unpack(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("portfolios", "Transaction").objects.order_by("pk")
    fields = rows.model._meta
    last = 0
    while found := list(rows.filter(pk__gt=last).only("pk", "sealed")[:AT_ONCE]):
        for row in found:
            for name, text in zip(PARTS, (*row.sealed, *[""] * len(PARTS)), strict=False):
                field = fields.get_field(name)
                setattr(row, name, field._load(text.encode()) if text or not field.null else None)
        rows.bulk_update(found, PARTS, batch_size=50)
        last = found[-1].pk


def shorten(apps: Any, schema_editor: Any) -> None:
    for name in ("Transaction", "ImportRow"):
        rows = apps.get_model("portfolios", name).objects
        rows.exclude(source_key="").update(source_key=Substr("source_key", 1, 32))


class Migration(migrations.Migration):
    dependencies = [("portfolios", "0003_linked_entries")]

    operations = [
        migrations.AddField("transaction", "sealed", portfolio_site.web.packed.PackedField(default=tuple), preserve_default=False),
        migrations.RunPython(pack, unpack),
        migrations.RunPython(shorten, migrations.RunPython.noop),
    ]
