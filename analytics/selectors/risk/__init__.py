"""Risk of what is held together.  docs/numbers.md: "Risk"."""
