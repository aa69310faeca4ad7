"""What a long measurement is doing; what workers of pytest-xdist share with their controller."""
