"""What the uses share that have to do with one person: what was said, and why something is thought to be liked."""
