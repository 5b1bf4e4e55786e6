"""Errors of this app: leaves of the tree in kernel/errors.py."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class BadPreferences(Invalid):
    code, title = "invalid_preferences", "The settings were refused."


class BadProfile(Invalid):
    code, title = "invalid_profile", "The entry was refused."


class AlreadyTaken(Conflict):
    code, title = "already_taken", "Somebody has it already."


class WeakPassword(Invalid):
    code, title = "weak_password", "The password was refused."


class WrongCredentials(Forbidden):
    """The name or the password is wrong.  Never says which.  The API answers 401."""

    code, title = "wrong_credentials", "You are not signed in."


class CodeNeeded(Forbidden):
    """The password is right and the account asks for a second factor.  The API answers 401."""

    code, title = "otp_required", "A code is needed."


class WrongCode(Forbidden):
    """The code of a second factor is wrong, or was used before.  The API answers 401."""

    code, title = "wrong_otp", "You are not signed in."


class TooManyAttempts(Forbidden):
    """The account had too many failed sign-ins.  The API answers 429."""

    code, title = "too_many_attempts", "Too many failed sign-ins."


class BadToken(Forbidden):
    """A token that is forged, expired, spent, revoked or of another kind.  The API answers 401."""

    code, title = "bad_token", "You are not signed in."


class BadExport(Invalid):
    code, title = "invalid_export", "The export was not read in."


class AlreadyAsked(Conflict):
    code, title = "already_asked", "It is under way already."


class NotEmpty(Conflict):
    code, title = "not_empty", "There is something already."


class NothingScheduled(NotFound):
    code, title = "nothing_scheduled", "Nothing is scheduled."


class CannotErase(Conflict):
    code, title = "cannot_erase", "Something must be settled first."


class NotConfirmed(Invalid):
    code, title = "not_confirmed", "It was not confirmed."


class NoSuchExport(NotFound):
    code, title = "no_such_export", "There is no such file."


class ConfirmAgain(Forbidden):
    """A dangerous step needs the password again."""

    code, title = "confirm_again", "Confirm that it is you."


class CannotWithdraw(Conflict):
    code, title = "cannot_withdraw", "This cannot be taken back by itself."


class AlreadyAllowed(Conflict):
    code, title = "already_allowed", "Support may look already."


class NothingAllowed(NotFound):
    code, title = "nothing_allowed", "Support may not look."


class NotAllowedToLook(Forbidden):
    code, title = "not_allowed_to_look", "The person does not allow it."


class OnlyLooking(Forbidden):
    """Support looks at somebody's account, and tried what would change it."""

    code, title = "only_looking", "You only look at this account."


class SupportIsLooking(Forbidden):
    """Support looks at somebody's account, and asked for a page that is the person's alone."""

    code, title = "not_seen_by_support", "Support does not see this page."


class NotForThisRole(Forbidden):
    code, title = "not_for_this_role", "Your role in running the site does not allow this."
