"""The edges of a snapshot as a graph: walks, distances, dominators."""
