"""Leak files: what a file of JavaScript exports as work to measure."""
