"""The database refuses to change or delete what people agreed to, as it does with the audit (0002)."""

from django.db import migrations

POSTGRESQL = [
    """
    CREATE OR REPLACE FUNCTION consent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'consents are append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER consent_refuse_update BEFORE UPDATE ON accounts_consent FOR EACH ROW EXECUTE FUNCTION consent_append_only()",
    "CREATE TRIGGER consent_refuse_delete BEFORE DELETE ON accounts_consent FOR EACH ROW EXECUTE FUNCTION consent_append_only()",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER IF EXISTS consent_refuse_update ON accounts_consent",
    "DROP TRIGGER IF EXISTS consent_refuse_delete ON accounts_consent",
    "DROP FUNCTION IF EXISTS consent_append_only()",
]
SQLITE = [
    "CREATE TRIGGER consent_refuse_update BEFORE UPDATE ON accounts_consent BEGIN SELECT RAISE(ABORT, 'consents are append-only'); END",
    "CREATE TRIGGER consent_refuse_delete BEFORE DELETE ON accounts_consent BEGIN SELECT RAISE(ABORT, 'consents are append-only'); END",
]
SQLITE_BACK = ["DROP TRIGGER IF EXISTS consent_refuse_update", "DROP TRIGGER IF EXISTS consent_refuse_delete"]


def install(apps, schema_editor):
    """Put the triggers in place."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    """Take the triggers away."""
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_consent")]
    operations = [migrations.RunPython(install, remove)]
