"""From the text of a snapshot file to columns, while it comes."""
