"""`manage.py reapply_erasures`: after a backup was restored, erase again whoever was erased since it was made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.data_rights.erasing import reapply_erasures


class Command(BaseCommand):
    help = "Erases everybody who is on the list of the erased (ERASE_LIST) and in the database. Safe to run again; run it after each restore."

    def handle(self, *args: Any, **options: Any) -> None:
        count = reapply_erasures()
        if options["verbosity"]:
            self.stdout.write(f"{count} {'person was' if count == 1 else 'people were'} erased again.")
