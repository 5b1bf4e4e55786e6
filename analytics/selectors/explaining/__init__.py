"""Why each figure is what it is, from the computation that made it."""
