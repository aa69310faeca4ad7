"""replay.json: what a measurement needs to be done again, and what became of its verdict."""
