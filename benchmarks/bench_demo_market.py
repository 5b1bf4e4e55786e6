"""How long the demo market takes to load into an empty database, and to look again.  Run: python -m benchmarks.bench_demo_market"""

from __future__ import annotations

import os
import tempfile
import time


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio_site.settings.local")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        from market.services import load_demo_market

        for words in ("first load", "second load", "third load"):
            wall, cpu = time.perf_counter(), time.process_time()
            loaded = load_demo_market()
            seconds, busy = time.perf_counter() - wall, time.process_time() - cpu
            print(f"{words:12} {seconds:6.2f} s ({busy:.2f} s of CPU): {loaded.prices} prices, {loaded.rates} rates, {connection.vendor}")
        connection.close()


if __name__ == "__main__":
    main()
