"""Tickets: one socket each, for whoever cannot or will not show the credential itself on it."""
