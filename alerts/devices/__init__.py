"""Browsers and telephones: asking them in, and out."""
