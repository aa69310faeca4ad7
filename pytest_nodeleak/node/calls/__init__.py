"""Python callables that drive a program from outside: called or awaited, its end watched."""
