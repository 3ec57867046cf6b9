"""Learning to learn: the corpus of many styles, how it is made ready for nets, and how its styles are split."""
