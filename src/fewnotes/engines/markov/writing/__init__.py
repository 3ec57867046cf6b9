"""From the model to new pieces: drawing events, rules, the copy guard, the finished Piece."""
