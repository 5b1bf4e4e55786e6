"""What can go wrong with what people set about figures."""

from __future__ import annotations

from portfolio_site.kernel.errors import Invalid


class BadLimit(Invalid):
    code, title = "bad_limit", "The limits were refused."
