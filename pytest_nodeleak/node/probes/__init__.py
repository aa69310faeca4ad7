"""Single questions to a running program: live objects, timers, numbers, a snapshot."""
