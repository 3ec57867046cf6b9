"""Write the tables of figures into docs/few-shot/ from bench/results/, so that no page says what was not measured.

python docs/make_tables.py           `tests/test_docs.py` fails while the committed pages differ

What stands between `<!-- figures: NAME -->` and `<!-- end of figures -->` is written anew from bench/results/NAME.json;
`docs/table_plan.py` says which columns stand together.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from table_plan import LOWER_IS_BETTER, NO_CONTEST, NO_CONTESTANTS, PLAN, SUBJECT, WIDE, Group  # noqa: E402

RESULTS = HERE.parent / "bench" / "results"
IMAGES = HERE / "images"
PAGES = [*sorted((HERE / "few-shot").glob("*.md")), HERE / "recommend.md", HERE / "personal.md"]
NOT_YET = "Not measured yet.\n"
#: A page's part that is written here: what begins it, the name of the result, what ends it.
PART = re.compile(r"(<!-- figures: ([a-z_]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)

#: (row, column) -> a figure of a report, as `fewnotes.measure.report` writes it.
Cells = Mapping[tuple[str, str], dict[str, Any]]


def filled(page: str) -> str:
    """The text of a page with all its parts written anew."""
    return PART.sub(lambda found: f"{found[1]}\n{figures(found[2])}\n{found[3]}", page)


def figures(name: str, folder: Path = RESULTS) -> str:
    """The tables of a result, or a word that there is none."""
    path = folder / f"{name}.json"
    if not path.exists():
        return NOT_YET
    result = json.loads(path.read_text(encoding="utf-8"))
    if name == "scoring":
        return scoring(result)
    if name == "query":
        return query(result)
    if name == "folk_melodies":
        return folk_melodies(result)
    if name == "library_scale":
        return library_scale(result)
    if name in WIDE:
        return wide(result)
    return tables(result)


def tables(report: dict[str, Any]) -> str:
    """All groups of columns of a report, after a line of what is shown and the picture if there is one."""
    name = report["name"]
    cells = {(f["row"], f["column"]): f for f in report["figures"]}
    parts = [_head(report)]
    picture = f"bench-{name.replace('_', '-')}.png"
    if (IMAGES / picture).exists():
        parts.append(f"![{report['question']}](../images/{picture})\n")
    for group in PLAN[name]:
        rows = _rows(cells, group)
        if not rows:
            continue
        parts.append(f"**{group.title}**\n")
        parts.append(_table(cells, group, rows))
        worst = _worst_table(cells, group, rows) if group.worst else _worst_line(cells, group, SUBJECT.get(name, ""))
        parts += [worst] if worst else []
    return "\n".join(parts)


def _head(report: dict[str, Any]) -> str:
    facts, name = report["facts"], report["name"]
    quick = "" if facts.get("size", "full") == "full" else f"Size `{facts['size']}`, which is no answer. "
    text = f"{quick}Mean [95 % interval], from `bench/results/{name}.json`."
    if any(group.best for group in PLAN[name]):
        aside = [f"`{row}`" for row in dict.fromkeys(f["row"] for f in report["figures"]) if row in NO_CONTESTANTS]
        text += " Bold is the best mean of a column" + (f", {' and '.join(aside)} aside." if aside else ".")
    return text + "\n"


def _rows(cells: Cells, group: Group) -> list[str]:
    """The rows that have a figure in a group, in the order of the report, without what may follow a name."""
    found = dict.fromkeys(row for row, _ in cells if ", " not in row)
    return [r for r in found if any((r + tail, column) in cells for column, tail in group.columns.values())]


def _table(cells: Cells, group: Group, rows: list[str]) -> str:
    heads = []
    for head, (column, tail) in group.columns.items():
        known = [cells[r + tail, column] for r in rows if (r + tail, column) in cells]
        if known:
            best = _best(cells, rows, column, tail, group.digits) if group.best else None
            heads.append((head + (", %" if known[0]["unit"] == "%" else ""), column, tail, best))
    lines = [["", *(h for h, *_ in heads)], ["---"] * (1 + len(heads))]
    for row in rows:
        line = [f"`{row}`" if group.code else row]
        for _, column, tail, best in heads:
            cell = cells.get((row + tail, column))
            text = _text(cell, group.digits) if cell else ""
            line.append(f"**{text}**" if text and cell and best == _shown(cell, "mean", group.digits) else text)
        lines.append(line)
    return _markdown(lines)


def _best(cells: Cells, rows: list[str], column: str, tail: str, digits: int) -> str | None:
    """The best mean as it is shown, so that rows that look alike are bold alike; None where it says nothing."""
    known = [cells[r + tail, column] for r in rows if (r + tail, column) in cells and r not in NO_CONTESTANTS]
    if len(known) < 2 or column in NO_CONTEST:
        return None
    choose = min if column in LOWER_IS_BETTER else max
    found = choose(known, key=lambda cell: float(cell["mean"]))
    return _shown(found, "mean", digits)


def _worst_table(cells: Cells, group: Group, rows: list[str]) -> str:
    heads = [(h, c, t) for h, (c, t) in group.columns.items() if any((r + t, c) in cells for r in rows)]
    lines = [["the worst style", *(h for h, *_ in heads)], ["---"] * (1 + len(heads))]
    for row in rows:
        found = [cells.get((row + tail, column)) for _, column, tail in heads]
        lines.append([f"`{row}`", *(_worst(cell, group.digits) if cell else "" for cell in found)])
    return _markdown(lines)


def _worst_line(cells: Cells, group: Group, subject: str) -> str:
    """The same in one line, for the row that the page is about."""
    said = []
    for head, (column, tail) in group.columns.items():
        cell = cells.get((subject + tail, column))
        if cell and cell["worst_style"]:
            said.append(f"{head} {_worst(cell, group.digits)}")
    return f"The worst style of `{subject}`: {'; '.join(said)}.\n" if said else ""


def _worst(cell: dict[str, Any], digits: int) -> str:
    return f"{_shown(cell, 'worst', digits)} {cell['worst_style']}".strip()


def _text(cell: dict[str, Any], digits: int) -> str:
    """For example `82.1 [78.0, 85.9]`."""
    mean, low, high = (_shown(cell, key, digits) for key in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def _shown(cell: dict[str, Any], key: str, digits: int) -> str:
    """Per cent with one digit, else so many; a gain of nothing is 0.00 and not -0.00."""
    text = f"{100 * cell[key]:.1f}" if cell["unit"] == "%" else f"{cell[key]:.{digits}f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def _markdown(lines: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def wide(report: dict[str, Any]) -> str:
    """Tables of a report with all of its rows, in the order they were measured in."""
    cells = {(f["row"], f["column"]): f for f in report["figures"]}
    rows = list(dict.fromkeys(row for row, _ in cells))
    facts = ", ".join(f"{key} {value}" for key, value in report["facts"].items())
    parts = [f"Mean [95 % interval], from `bench/results/{report['name']}.json` ({facts}).\n"]
    for title, columns in WIDE[report["name"]]:
        shown = {head: column for head, column in columns.items() if (rows[0], column) in cells}
        if shown:
            lines = [["", *shown], ["---"] * (1 + len(shown))]
            lines += [[row, *(_text(cells[row, c], 2) for c in shown.values())] for row in rows]
            parts += [f"**{title}**\n", _markdown(lines)]
    return "\n".join(parts)


def library_scale(found: dict[str, Any]) -> str:
    """Memory and time of a large library, as they were measured."""
    lines = [["", ""], ["---", "---"]]
    for what, value in found.items():
        text = ", ".join(f"{k} {v:g}" for k, v in value.items()) if isinstance(value, dict) else value
        lines.append([what, f"{text:,}" if isinstance(text, int) else str(text)])
    return "From `bench/results/library_scale.json`.\n\n" + _markdown(lines)


def scoring(found: dict[str, Any]) -> str:
    """How fast a library is scored, beside what the machine can do and beside peers."""
    least, usual = found["milliseconds"], found["milliseconds, median"]
    lines = [["", "least ms", "median ms", "times ours"], ["---"] * 4]
    for key in least:
        lines.append([key, f"{least[key]:.1f}", f"{usual[key]:.1f}", f"{least[key] / least['ours']:.2f}"])
    return (
        f"{found['pieces']:,} pieces of {found['coordinates']} + {found['hidden units']} numbers, {found['threads']} "
        f"threads: **{found['seconds a million']:.3f} s a million pieces, {found['ours over read']:.1f} times the time "
        f"of reading**, {found['ours over copy']:.1f} times that of copying. From `bench/results/scoring.json`.\n\n"
        + _markdown(lines)
    )


def query(found: dict[str, Any]) -> str:
    """How long one question to a library takes."""
    lines = [["", "least ms", "median ms", "median ms of the processor"], ["---"] * 4]
    for what, times in found["milliseconds"].items():
        lines.append([what, *(f"{times[key]:.1f}" for key in ("least", "median", "processor"))])
    return (
        f"{found['pieces']:,} pieces, {found['rounds']} rounds; target {found['target']:g} ms for a search. "
        f"*Question*: `fewnotes.recommend` with the index read from disk; *search*: with all in memory. From "
        f"`bench/results/query.json`.\n\n" + _markdown(lines)
    )


def folk_melodies(found: dict[str, Any]) -> str:
    """Bits a note of each set, with what is in print where the set is the same or nearly so."""
    models = ("STM", "LTM", "LTM+", "hybrid")
    lines = [["set", "tunes", "notes", *models, "in print"], ["---"] * (4 + len(models))]
    for known in found["sets"]:
        printed = known.get("published")
        bits = ", ".join(f"{printed['bits_a_note'][m]:.3f}" for m in models) if printed else ""
        other = "" if not printed or printed["same_counts"] else " (other counts)"
        mine = [f"{known['bits_a_note'][m]:.3f}" for m in models]
        lines.append([known["title"], f"{known['tunes']:,}", f"{known['notes']:,}", *mine, bits + other])
    quick = "Size `quick`, which is not to be compared with print. " if found.get("quick") else ""
    return f"{quick}Bits a note, from `bench/results/folk_melodies.json`.\n\n" + _markdown(lines)


def main() -> None:
    """Write all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text), encoding="utf-8")


if __name__ == "__main__":
    main()
