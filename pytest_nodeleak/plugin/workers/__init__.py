"""What the controller of pytest-xdist and its workers share: memory, and what goes on."""
