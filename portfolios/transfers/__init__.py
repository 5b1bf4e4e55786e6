"""Units that move between two portfolios of one person: two entries that are one transfer, and stay so."""
