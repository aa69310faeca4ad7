"""Ways into a program that runs already: its inspector, its signals."""
