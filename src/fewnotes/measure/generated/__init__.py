"""What is judged about music that was made in a style, one idea a file.

    excerpts.py     music of equal length, without timbre, as a vector of statistics: how every judge hears it
    plan.py         which real pieces are support, which are judged, which are what a judge learns from
    judge.py        is it in the style? A judge that learned from real music alone
    realness.py     can it be told from real music, and can it stand in for it?
    novelty.py      does it share more with the support set than people's pieces do?
    variety.py      are the outputs as different from each other as real pieces are?
    frechet.py      how far apart are the two clouds of statistics?
    rows/           what makes the music: one generator a file, with one contract

`fewnotes.measure.generation` asks all of it at once.
"""
