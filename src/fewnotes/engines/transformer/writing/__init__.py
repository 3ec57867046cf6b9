"""Notes, one after another, onto sheets."""
