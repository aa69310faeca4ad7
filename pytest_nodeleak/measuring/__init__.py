"""A program and a workload become a Verdict: pace, rounds, windows, naming."""
