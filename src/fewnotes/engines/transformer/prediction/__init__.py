"""How surprising notes are: what was read word for word, and how it is weighed with what nets say."""
