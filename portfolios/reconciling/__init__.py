"""What a statement says beside what the ledger says: entered, compared whenever it is looked at, explained, put right."""
