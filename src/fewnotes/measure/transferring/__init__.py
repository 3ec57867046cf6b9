"""What is measured about a piece that was carried over into another style, one idea a file.

    content.py      is it still the same piece? Chroma of the output beside that of the source
    profiles.py     is it in the style? Which notes follow each other at what distance, and where in the bar they begin
    likeness.py     how near is it to the same song as it stands in that style, role by role?
    pairs.py        which piece is carried over into which style: held-out styles, and songs in many grooves
    rows/           what carries pieces over: one transferer a file, with one contract

`fewnotes.measure.transfer` asks all of it at once.
"""
