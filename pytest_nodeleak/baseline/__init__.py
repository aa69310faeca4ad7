"""Accepted growth: known leaks in a file of the user's repository.."""
