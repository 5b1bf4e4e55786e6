"""manage.py load_demo: one demo person with two portfolios whose history uses every kind of transaction."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portfolios.services import DEMO_EMAIL, DEMO_PASSWORD, DEMO_USERNAME, load_demo


class Command(BaseCommand):
    """Safe to run again: what is there stays."""

    help = "Make the demo person with two portfolios, unless they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        demo = load_demo()
        if options["verbosity"]:
            said = "Made" if demo.made else "Found"
            self.stdout.write(f"{said} the demo person: {DEMO_USERNAME} (or {DEMO_EMAIL}), password “{DEMO_PASSWORD}”.")
