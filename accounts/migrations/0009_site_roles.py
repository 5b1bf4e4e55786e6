"""The groups that are the roles in running the site.  What each may is code: portfolio_site/web/site_roles.py."""

from django.db import migrations

NAMES = ("Support", "Market-data steward", "Auditor", "Administrator")


def make(apps, schema_editor):
    """One group for each role."""
    for name in NAMES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


def remove(apps, schema_editor):
    """Without the groups nobody has a role."""
    apps.get_model("auth", "Group").objects.filter(name__in=NAMES).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_erasure"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make, remove)]
