"""The operating system's side of a program: its process, its children, what it prints."""
