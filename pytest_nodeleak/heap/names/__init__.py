"""What things are called in the author's words: variables, modules, shapes, paths."""
