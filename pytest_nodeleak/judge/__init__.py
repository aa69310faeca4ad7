"""Evidence in, a verdict out: pure rules, without a clock, a process or a file."""
