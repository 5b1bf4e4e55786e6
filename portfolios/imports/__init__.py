"""The way of a statement: uploaded, read, reviewed, recorded, undone.  Each step is a status of its row, so that a kill loses nothing."""
