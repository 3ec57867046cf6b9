"""The atlas as one HTML file: the picture, and the nearest styles of whatever one points at or tabs to.

Nothing is fetched: styles and script stand in the file, and its policy forbids everything else.
"""

from __future__ import annotations

import html
import json

from fewnotes.render.atlas.draw import Picture, nearest, svg_head, svg_lines, svg_styles, svg_words

_SHOWN = 8
_LISTED = 3

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>Atlas of {title}</title>
<style>
:root {{ color: #282c34; background: #fff; font: 15px/1.45 Helvetica, Arial, sans-serif }}
body {{ margin: 0 auto; padding: 12px 16px 40px; max-width: 1800px }}
main {{ display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start }}
figure {{ margin: 0; flex: 1 1 640px; min-width: 0; overflow: auto; border: 1px solid #d8dce3; border-radius: 6px }}
figure svg {{ display: block; width: 100%; height: auto; min-width: 560px }}
aside {{ flex: 0 1 270px; position: sticky; top: 12px; min-height: 330px }}
aside h2 {{ font-size: 17px; margin: 14px 0 2px; overflow-wrap: anywhere }}
aside ol {{ padding-left: 22px; margin: 8px 0 }}
aside li {{ overflow-wrap: anywhere }}
.number {{ color: #5f6672; font-variant-numeric: tabular-nums; padding-left: 6px }}
input {{ font: inherit; width: 100%; box-sizing: border-box; padding: 5px 8px; border: 1px solid #96a0b0;
 border-radius: 4px }}
.style {{ cursor: pointer; outline: none }}
.style:hover text, .style:focus text, .style.chosen text {{ font-weight: bold }}
.style:focus polygon, .style.chosen polygon {{ stroke-width: 3 }}
.dim .style {{ opacity: .28 }}
.dim .style.near, .dim .style.chosen {{ opacity: 1 }}
#rays line {{ stroke: #282c34; stroke-opacity: .65 }}
table {{ border-collapse: collapse; margin-top: 8px }}
th, td {{ text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e4e7ec; vertical-align: top }}
details {{ margin-top: 18px }}
</style>
</head>
<body>
"""
_ASIDE = """<aside aria-live="polite">
<label>Find a style <input id="find" type="search" autocomplete="off"></label>
<div id="said"><p>Point at a style, or walk through them with the Tab key, to see what is nearest to it.
Numbers are the relation, from 0 to 1.</p></div>
</aside>
"""
_SCRIPT = """<script>
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const svg = document.querySelector("figure svg"), rays = document.getElementById("rays");
  const said = document.getElementById("said"), find = document.getElementById("find");
  const marks = [...svg.querySelectorAll(".style")], blank = said.innerHTML;
  let kept = -1;
  function put(parent, name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    parent.append(made);
    return made;
  }
  function clear() {
    svg.classList.remove("dim");
    rays.replaceChildren();
    for (const mark of marks) mark.classList.remove("near", "chosen");
  }
  function show(i) {
    clear();
    const style = data[i];
    svg.classList.add("dim");
    marks[i].classList.add("chosen");
    said.replaceChildren();
    put(said, "h2", style.name);
    put(said, "div", style.pieces + (style.pieces === 1 ? " piece" : " pieces")
      + (style.family ? ", " + style.family : ""));
    const list = put(said, "ol", "");
    for (const [j, relation] of style.near) {
      const line = put(list, "li", data[j].name);
      put(line, "span", relation.toFixed(2)).className = "number";
      marks[j].classList.add("near");
      const ray = document.createElementNS("http://www.w3.org/2000/svg", "line");
      const ends = {x1: style.x, y1: style.y, x2: data[j].x, y2: data[j].y};
      for (const key in ends) ray.setAttribute(key, ends[key]);
      ray.setAttribute("stroke-width", 0.5 + 3 * relation);
      rays.append(ray);
    }
  }
  function back() {
    if (kept >= 0) show(kept); else { clear(); said.innerHTML = blank; }
  }
  marks.forEach((mark, i) => {
    mark.addEventListener("mouseenter", () => show(i));
    mark.addEventListener("mouseleave", back);
    mark.addEventListener("focus", () => { kept = i; show(i); });
    mark.addEventListener("blur", () => { kept = -1; back(); });
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && document.activeElement) document.activeElement.blur();
  });
  find.addEventListener("input", () => {
    const text = find.value.trim().toLowerCase();
    const hits = text ? data.map((s, i) => i).filter(i => data[i].name.toLowerCase().includes(text)) : [];
    if (hits.length === 1) { show(hits[0]); return; }
    clear();
    said.innerHTML = blank;
    if (!text) return;
    svg.classList.add("dim");
    for (const i of hits) marks[i].classList.add("near");
    if (!hits.length) { said.replaceChildren(); put(said, "p", "No style is called so."); }
  });
})();
</script>
"""


def page(picture: Picture) -> bytes:
    """The picture as one HTML file."""
    attributes = ' class="style" tabindex="0" role="img" aria-label="{i}"'
    marks = [
        mark.replace(f'aria-label="{i}"', f'aria-label="{html.escape(_spoken(picture, i))}"', 1)
        for i, mark in enumerate(svg_styles(picture, attributes))
    ]
    drawn = [svg_head(picture), *svg_lines(picture), *svg_words(picture), '<g id="rays"></g>', *marks, "</svg>"]
    # What stands in a script element must not be able to end it.
    data = json.dumps(_data(picture), ensure_ascii=True).replace("<", "\\u003c")
    parts = [
        _HEAD.format(title=picture.title), "<main>\n<figure>\n", "\n".join(drawn), "\n</figure>\n", _ASIDE, "</main>\n",
        _listed(picture), f'<script type="application/json" id="data">{data}</script>\n', _SCRIPT, "</body>\n</html>\n",
    ]  # fmt: skip
    return "".join(parts).encode()


def _data(picture: Picture) -> list[dict[str, object]]:
    chart = picture.chart
    return [
        {
            "name": name,
            "pieces": chart.counts[i],
            "family": chart.families[i] if chart.families else "",
            "x": round(float(picture.points[i, 0]), 1),
            "y": round(float(picture.points[i, 1]), 1),
            "near": [[j, round(float(chart.relation[i, j]), 3)] for j in nearest(chart.relation, i, _SHOWN)],
        }
        for i, name in enumerate(chart.names)
    ]


def _near_words(picture: Picture, i: int) -> str:
    relation = picture.chart.relation
    return ", ".join(f"{picture.chart.names[j]} {relation[i, j]:.2f}" for j in nearest(relation, i, _LISTED))


def _spoken(picture: Picture, i: int) -> str:
    """What a screen reader says of a style."""
    count = picture.chart.counts[i]
    pieces = "1 piece" if count == 1 else f"{count} pieces"
    return f"{picture.chart.names[i]}, {pieces}. Nearest: {_near_words(picture, i)}"


def _listed(picture: Picture) -> str:
    """The same as a table, for who cannot see the picture or has scripts turned off."""
    rows = []
    for i, name in sorted(enumerate(picture.chart.names), key=lambda pair: pair[1].casefold()):
        cells = (html.escape(name), str(picture.chart.counts[i]), html.escape(_near_words(picture, i)))
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "<tr><th>style</th><th>pieces</th><th>nearest, with their relation</th></tr>"
    return f"<details><summary>As a table</summary>\n<table>\n{head}\n" + "\n".join(rows) + "\n</table></details>\n"
