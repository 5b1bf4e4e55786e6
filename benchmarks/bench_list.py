"""The transactions page and endpoint of a portfolio of 100 000 entries: first page, a page in the middle, filters, search.

One client in this process, from the request to the last byte of the answer.

    python -m benchmarks list
"""

from __future__ import annotations

import statistics
import time

from benchmarks.recorded import database, filled, present

RUNS = 9


def main() -> None:
    if not present():
        return
    with database() as vendor:
        from django.conf import settings
        from django.test import Client

        from portfolios.models import Transaction

        settings.ALLOWED_HOSTS = ["*"]
        settings.SECURE_SSL_REDIRECT = False
        portfolio, instruments, rows = filled("L")
        noted = Transaction.objects.filter(portfolio=portfolio).order_by("pk")[50_000]
        noted.notes = "bought on a hunch"
        noted.save()
        client = Client()
        client.force_login(portfolio.owner)
        one = next(iter(instruments.values()))
        print(f"{vendor}: {len(rows)} entries")
        api = f"/api/v1/portfolios/{portfolio.pk}/transactions?page_size=50"
        for name, path in (
            ("page, first", "/transactions/"),
            ("page, in the middle", "/transactions/?cursor=o20160104-40000"),
            ("page, of one instrument", f"/transactions/?instrument={one.pk}"),
            ("page, of one kind", "/transactions/?kind=dividend"),
            ("page, search for an instrument", f"/transactions/?q={one.symbol}"),
            ("page, search that opens every note", "/transactions/?q=hunch"),
            ("endpoint, first", api),
            ("endpoint of all portfolios, first", "/api/v1/transactions"),
            ("endpoint, in the middle", f"{api}&cursor=o20160104-40000"),
            ("endpoint, search that opens every note", f"{api}&search=hunch"),
        ):
            spent = []
            for _ in range(RUNS):
                begin, busy = time.perf_counter(), time.process_time()
                answer = client.get(path)
                assert answer.status_code == 200, (path, answer.status_code, answer.headers)
                spent.append((time.perf_counter() - begin, time.process_time() - busy))
            wall, cpu = (statistics.median(column) * 1000 for column in zip(*spent, strict=True))
            print(f"   {name:40} median {wall:7.1f} ms ({cpu:.1f} ms of CPU)")


if __name__ == "__main__":
    main()
