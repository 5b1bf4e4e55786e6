"""Leaves of the error tree for imports."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Invalid, NotFound


class ImportNotFound(NotFound):
    """There is no such import, or it is somebody else's."""

    code, title = "import_not_found", "There is no such import."


class NotAtThisStep(Conflict):
    """What was asked for belongs to another step of the import.  data: step."""

    code, title = "import_not_ready", "The import is at another step."


class FileTooLarge(Invalid):
    """More bytes than an upload may have.  data: limit."""

    code, title = "file_too_large", "The file is too large."


class NothingToRecord(Invalid):
    """No row of the import is ready and chosen."""

    code, title = "nothing_to_record", "There is nothing to record."


class RowNotFound(NotFound):
    """The import has no such row, or no row that the action fits."""

    code, title = "row_not_found", "There is no such row."


class CannotUndo(Conflict):
    """Later entries need what the import recorded."""

    code, title = "import_in_use", "The import cannot be undone."
