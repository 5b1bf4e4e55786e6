"""What lies behind the returns of a period: attribution, rolling figures, costs, growth.  Each module answers one report."""
