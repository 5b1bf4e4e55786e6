"""manage.py check_integrity: are the stored holdings what the ledgers say, and do the books balance to the last decimal?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portfolios.models import Portfolio
from portfolios.services import check_portfolio, rebuild_projection


class Command(BaseCommand):
    """Exit status 1 if anything is found."""

    help = "Compare stored holdings and cash with a rebuild from the ledger, and check that each portfolio's books balance."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("portfolios", nargs="*", type=int, help="numbers of portfolios; all where missing")
        parser.add_argument("--rebuild", action="store_true", help="make stored holdings and cash again where they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Portfolio.objects.filter(pk__in=options["portfolios"]) if options["portfolios"] else Portfolio.objects.all()
        checked = wrong = 0
        for portfolio in chosen.iterator(chunk_size=200):
            checked += 1
            findings = check_portfolio(portfolio)
            if findings and options["rebuild"]:
                rebuild_projection(portfolio)
                findings = check_portfolio(portfolio)
            wrong += bool(findings)
            for finding in findings:
                self.stderr.write(f"portfolio {finding.portfolio_id}: {finding.what}")
        if wrong:
            raise CommandError(f"{wrong} of {checked} portfolios are not as they must be. --rebuild makes stored holdings again.")
        self.stdout.write(f"{checked} portfolios are whole.")
