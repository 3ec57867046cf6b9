"""What `fewnotes.measure.recommendation` is made of.

asked.py    which pieces are liked and disliked, which library is ranked, and what in it is a copy
ranked.py   one row: how it ranks a library, and how good that is
"""
