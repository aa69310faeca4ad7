"""Every V8 heap of the program: main thread, worker threads, children; found and asked alike."""
