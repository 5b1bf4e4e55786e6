"""What a person may ask of their data: all of it in a file, and all of it gone.  By the lists of each app's `personal.py`."""
