"""Corporate actions: what the market reports, proposed and applied by consent; and entries in several legs, seen before and after."""
