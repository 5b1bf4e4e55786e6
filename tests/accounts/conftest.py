"""What the tests of people share."""

from tests.append_only import audit_triggers_stand_aside_while_tables_are_emptied

__all__ = ["audit_triggers_stand_aside_while_tables_are_emptied"]
