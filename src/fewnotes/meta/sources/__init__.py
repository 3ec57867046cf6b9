"""Where the pieces of a corpus come from. Each source lists its rows; none of them reads music."""
