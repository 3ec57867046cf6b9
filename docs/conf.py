"""Sphinx settings: furo, and Markdown through myst."""

from __future__ import annotations

import fewnotes

project = "fewnotes"
author = "the fewnotes authors"
release = fewnotes.__version__
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
