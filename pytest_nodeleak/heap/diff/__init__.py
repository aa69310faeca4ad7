"""Snapshots of one process compared: what was allocated between them and stayed."""
