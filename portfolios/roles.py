"""What each role in a portfolio may do.  Pure: a table and the questions that are asked of it.

The owner is the portfolio's `owner`; every other role is a membership.  What this table says is what pages show, services allow and
object permissions repeat (portfolios/sharing/memberships.py).
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """From the most to the least."""

    OWNER = "owner"
    MANAGER = "manager"
    EDITOR = "editor"
    ADVISER = "adviser"
    VIEWER = "viewer"


class Action(StrEnum):
    """What can be done with a portfolio; the value follows “to” in a sentence when its underscores are blanks."""

    VIEW = "view"
    COMMENT = "comment"
    SUGGEST = "suggest_entries"
    WRITE = "record_entries"
    IMPORT = "import_files"
    CONFIGURE = "change_settings"
    SHARE = "share"
    PUBLISH = "publish_amounts"
    DELETE = "delete"
    TRANSFER = "transfer_ownership"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


_VIEWER = frozenset({Action.VIEW})
_ADVISER = _VIEWER | {Action.COMMENT, Action.SUGGEST}
_EDITOR = _ADVISER | {Action.WRITE, Action.IMPORT}
_MANAGER = _EDITOR | {Action.CONFIGURE, Action.SHARE}
ALLOWED: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.MANAGER: _MANAGER,
    Role.EDITOR: _EDITOR,
    Role.ADVISER: _ADVISER,
    Role.VIEWER: _VIEWER,
}
SAID = {
    Role.OWNER: "Everything",
    Role.MANAGER: "Sees and changes everything, and shares it; cannot delete it or give it away",
    Role.EDITOR: "Sees everything, records and imports entries",
    Role.ADVISER: "Sees everything, comments and suggests entries",
    Role.VIEWER: "Sees everything, changes nothing",
}
GIVEN = tuple(role for role in Role if role is not Role.OWNER)  # what a membership can be; the owner is the portfolio's own column
CHOICES = [(role.value, role.value.capitalize()) for role in GIVEN]
CODENAME = "may_{}_portfolio"  # of the object permission that repeats an action


def may(role: Role | str | None, action: Action) -> bool:
    """Whether a role allows it; nothing is allowed to those without one."""
    return role is not None and action in ALLOWED[Role(role)]


def roles_that_may(action: Action) -> tuple[Role, ...]:
    """From the most to the least."""
    return tuple(role for role in Role if action in ALLOWED[role])


def grants(role: Role | str | None) -> tuple[Role, ...]:
    """The roles that somebody with this one may give, change and take: those below it, where it may share at all."""
    if not may(role, Action.SHARE):
        return ()
    order = tuple(Role)
    return order[order.index(Role(str(role))) + 1 :]


def codename_of(action: Action) -> str:
    return CODENAME.format(action.value)
