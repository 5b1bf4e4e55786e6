"""Looking at an account as its person sees it: by support, with the person's consent, for a time, and changing nothing."""
