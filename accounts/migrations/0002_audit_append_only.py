"""The database refuses to change or delete audit entries.

Triggers, not rights: they hold for every role, on both databases.  Emptying the whole table at once (TRUNCATE, as tests do on
PostgreSQL) is no row event and stays possible for its owner.  On SQLite the triggers go with the table when a later migration
rebuilds it; such a migration installs them again by the functions here.
"""

from django.db import migrations

POSTGRESQL = [
    """
    CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON accounts_auditentry FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE TRIGGER audit_refuse_delete BEFORE DELETE ON accounts_auditentry FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER IF EXISTS audit_refuse_update ON accounts_auditentry",
    "DROP TRIGGER IF EXISTS audit_refuse_delete ON accounts_auditentry",
    "DROP FUNCTION IF EXISTS audit_append_only()",
]
SQLITE = [
    "CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON accounts_auditentry BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END",
    "CREATE TRIGGER audit_refuse_delete BEFORE DELETE ON accounts_auditentry BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END",
]
SQLITE_BACK = ["DROP TRIGGER IF EXISTS audit_refuse_update", "DROP TRIGGER IF EXISTS audit_refuse_delete"]


def install(apps, schema_editor):
    """Put the triggers in place."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    """Take the triggers away."""
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
