"""The pages and endpoints of the demo person, one client, embedded mode: p95 of the dashboard is to stay under 150 ms."""

from __future__ import annotations

import gzip
import time

from benchmarks.server import Client, embedded, percentiles

PATHS = ["/dashboard/", "/holdings/", "/transactions/", "/api/v1/portfolios", "/api/v1/portfolios/all/performance"]


def main() -> None:
    with embedded() as (base, seconds):
        print(f"empty data folder to the first page: {seconds:.1f} s (packages installed)")
        client = Client(base)
        client.sign_in()
        token = client.token()
        for path in PATHS:
            headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
            begin = time.perf_counter()
            body = client.get(path, **headers)
            first = time.perf_counter() - begin
            times = []
            for _ in range(100):
                begin = time.perf_counter()
                client.get(path, **headers)
                times.append(time.perf_counter() - begin)
            print(f"{path:38} first {first * 1000:6.1f} ms   {percentiles(times)}   {len(gzip.compress(body)) / 1024:5.1f} KB gzip")


if __name__ == "__main__":
    main()
