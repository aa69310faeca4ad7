"""What a test calls: a verdict becomes a pass, a warning or a failure. No pytest needed."""
