"""What becomes of what the installation remembers of itself (portfolio_site/web/personal.py)."""

from __future__ import annotations

from portfolio_site.web.personal import NOBODYS, rows

PERSONAL = [rows("site.JobRun", "Which scheduled jobs were done", fields={NOBODYS: "id job period claimed_at done_at"})]
