"""What every other room may use: errors, time, sizes, options; imports nothing of ours."""
