"""What is held, by its parts, and how widely it is spread.  docs/numbers.md: "Diversification"."""
