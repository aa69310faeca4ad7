"""Leak files as tests: collected, run and reported as Python's are."""
