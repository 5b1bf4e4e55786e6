"""`manage.py retention`: remove what has been kept for its time; `--dry-run` only counts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.data_rights.retention import apply, counted


class Command(BaseCommand):
    help = "Removes rows that have been kept for their time (docs/privacy.md). Runs by itself each night."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="remove nothing; say how many rows would go")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        now = timezone.now()
        rows = {rule.model: many for rule, many in counted(now)} if dry_run else apply(now)
        for model, many in rows.items():
            self.stdout.write(f"{model}: {many} {'would go' if dry_run else 'gone'}")
