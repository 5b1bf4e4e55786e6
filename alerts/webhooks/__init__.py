"""Webhooks: programs that are told of what happens, signed, and without a way into our network."""
