"""`manage.py bring_export USERNAME FILE`: read an export of Plumbline into an account without portfolios, of any size."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.data_rights.arriving import Export, read_in
from accounts.data_rights.bringing import refuse_where_something_is
from accounts.models import User
from accounts.services import record_audit
from portfolio_site.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Reads an export of Plumbline into an account that has no portfolios: all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="username or e-mail address of the account")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, username: str, file: Path, **options: Any) -> None:
        person = User.objects.by_login(username)
        if person is None:
            raise CommandError(f"There is no account {username}.")
        try:
            refuse_where_something_is(person)
            export = Export(file.read_bytes())
            with transaction.atomic():
                read_in(person, export)
                record_audit(None, "data.read_in", subject=person.pk, notes=len(export.notes))
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}.") from None
        except DomainError as refused:
            raise CommandError(f"Nothing was taken in. {refused.detail}") from None
        for note in export.notes:
            self.stdout.write(note)
        self.stdout.write(f"{file.name} was read into the account {person.username}.")
