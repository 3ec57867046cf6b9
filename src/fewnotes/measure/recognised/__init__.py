"""What `fewnotes.measure.recognition` is made of.

plan.py     which styles are asked about, in which settings, and how often
asking.py   one setting, one row: which style does each query get, and how sure may one be
"""
