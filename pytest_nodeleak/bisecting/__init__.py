"""Which release or commit brought a leak: the search, and where versions come from."""
