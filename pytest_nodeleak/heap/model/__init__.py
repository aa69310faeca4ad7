"""A snapshot as columns: nodes, edges, strings, and the classes its nodes belong to."""
