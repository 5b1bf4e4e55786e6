"""Personal API keys: what a person gives to a program of their own."""
