"""`manage.py export_audit`: audit entries as CSV with their hashes, for auditors."""

from __future__ import annotations

from argparse import ArgumentParser, FileType
from datetime import date, datetime, time, timezone
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.log_files import audit_csv
from accounts.models import AuditEntry


class Command(BaseCommand):
    help = "Writes audit entries as CSV with their hashes, chain by chain; docs/privacy.md says how a chain is checked outside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--person", type=int, help="the number of one person alone; all where missing")
        parser.add_argument("--since", type=date.fromisoformat, help="the first day in UTC, such as 2026-01-01")
        parser.add_argument("--until", type=date.fromisoformat, help="the last day in UTC, included")
        parser.add_argument("--output", type=FileType("w", encoding="utf-8"), help="a file; printed where missing")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = AuditEntry.objects.order_by("subject", "sequence")
        if options["person"] is not None:
            entries = entries.filter(subject=options["person"])
            if not entries.exists():
                raise CommandError(f"There are no entries of person {options['person']}.")
        if options["since"]:
            entries = entries.filter(at__gte=datetime.combine(options["since"], time.min, timezone.utc))
        if options["until"]:
            entries = entries.filter(at__lte=datetime.combine(options["until"], time.max, timezone.utc))
        output = options["output"] or self.stdout
        for line in audit_csv(entries.iterator(chunk_size=1000)):
            output.write(line, ending="") if output is self.stdout else output.write(line)
        if options["output"]:
            options["output"].close()
