"""Portfolios beside something else: indices, blends and holdings, themselves without their trades, and each other.  docs/numbers.md: "Comparing"."""
