"""How well does something learn a style from K pieces? One question, one file, and the parts they share.

    bank.py         the pieces that are measured on, styles by name, without the traces of their sources
    draws.py        which pieces are support and which are query: seeded episodes
    intervals.py    means and 95 % intervals by bootstrap over styles, and the worst style
    report.py       a measured question as JSON, as a table and as a plot
    rows/           what is measured: one recogniser a file, with one contract

A question module has `QUESTION: str` (a sentence) and `run(size, progress) -> Report`, size being "quick" or "full".
Nothing here trains on the styles it measures on; a row may look at meta-train, which every row may look at alike.
"""
