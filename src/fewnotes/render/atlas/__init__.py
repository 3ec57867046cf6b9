"""The atlas: styles on a plane, near where they are alike, as SVG, PNG, or one page that needs nothing else.

draw(chart) -> Picture          layout, groups, labels
svg(picture), png(picture), page(picture) -> bytes
"""

from __future__ import annotations

from fewnotes.render.atlas.draw import Picture as Picture
from fewnotes.render.atlas.draw import draw as draw
from fewnotes.render.atlas.draw import png as png
from fewnotes.render.atlas.draw import svg as svg
from fewnotes.render.atlas.layout import Chart as Chart
from fewnotes.render.atlas.page import page as page
