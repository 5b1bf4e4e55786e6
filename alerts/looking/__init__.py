"""Looking at what rules watch: what is read of it, for many rules together."""
