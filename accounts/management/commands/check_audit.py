"""`manage.py check_audit`: are all audit entries there, and as they were written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.selectors import audit_is_append_only, verify_all_chains


class Command(BaseCommand):
    help = "Checks each person's chain of audit entries and names the first entry that is not right."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = chains = entries = 0
        for report in verify_all_chains():
            chains += 1
            entries += report.length
            if not report.whole:
                broken += 1
                row = f" (row {report.bad_id})" if report.bad_id else ""
                self.stderr.write(f"person {report.subject}, entry {report.bad_sequence}{row}: {report.why}")
        if not audit_is_append_only():
            raise CommandError("The triggers that refuse changes to audit entries are not in place. Run the migrations again.")
        if broken:
            raise CommandError(f"{broken} chain{'s' if broken > 1 else ''} of {chains} not as written.")
        self.stdout.write(f"{chains} chains with {entries} entries are whole.")
