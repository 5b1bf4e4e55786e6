"""Benchmarks for people: the list of indices, and the pages and API of their own blends."""
