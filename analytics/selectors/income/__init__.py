"""What holdings paid, and what they are likely to pay.  docs/numbers.md: "Income"."""
