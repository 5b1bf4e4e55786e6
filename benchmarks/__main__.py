"""`make bench`: every measurement, one process each, beside its reference where that is present.

    python -m benchmarks            all of them
    python -m benchmarks dashboard  one of them

Figures are printed as they come; the ones worth keeping go to docs/performance.md with machine and date.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    names = sorted(m.name for m in pkgutil.iter_modules([str(HERE)]) if m.name.startswith("bench_"))
    chosen = [n for n in names if not wanted or n.removeprefix("bench_") in wanted]
    if not chosen:
        print(f"Nothing to measure by that name. There are: {', '.join(n.removeprefix('bench_') for n in names)}")
        return 2
    failed = 0
    for name in chosen:
        print(f"\n── {name.removeprefix('bench_')} ──", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
