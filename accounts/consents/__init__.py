"""What people agreed to: by purpose and version of the text, never changed, only followed by another word."""
