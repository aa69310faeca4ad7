"""Snapshots and differences as tables of text and HTML."""
