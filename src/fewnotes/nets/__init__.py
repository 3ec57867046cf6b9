"""Tensors to tensors: what learns, without a word about files, styles or people. The only folder that is all torch."""
