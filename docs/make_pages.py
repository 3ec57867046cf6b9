"""Write docs/commands.md and docs/forms.md from the uses and codecs themselves, so that they cannot lag.

python docs/make_pages.py            `tests/test_docs.py` fails while the committed pages differ
"""

from __future__ import annotations

import inspect
from pathlib import Path

from fewnotes.registry import find, names
from fewnotes.uses import Kind, Param, flag_names, params, use_class

HERE = Path(__file__).parent
HEAD = "<!-- Written by docs/make_pages.py from the code; change it there. -->\n\n"


def bounds(spec: Param) -> str:
    """What a parameter may be, in words."""
    if spec.choices:
        return ", ".join(f"`{c}`" for c in spec.choices)
    if spec.minimum is not None and spec.maximum is not None:
        unit = " pieces" if spec.kind is Kind.PIECES else ""
        return f"{spec.minimum:g} to {spec.maximum:g}{unit}"
    return spec.kind.value


def commands() -> str:
    """One section a use: help, example, parameters."""
    parts = [
        HEAD,
        "# Commands\n\n`learn`, `compose`, `sketch`, `morph`, `compare`, `check`, `surprisal`, `recommend`, ",
        "`recognize`, `atlas`, `like`, `dislike`, `preference` and `forget` are also Python functions: ",
        "`fewnotes.learn(...)` and so on.\n",
    ]
    for name in names("uses"):
        use = use_class(find("uses", name))
        text = inspect.cleandoc(use.__doc__ or "")
        parts.append(f"\n## {name}\n\n{text}\n\n    {use.example}\n\nYou get {use.returns}.\n")
        rows = ["| parameter | what | allowed |", "|---|---|---|"]
        for key, spec in params(use).items():
            written = key.upper() if spec.positional else "`, `".join(flag_names(key, spec))
            rows.append(f"| `{written}` | {spec.help} | {bounds(spec)} |")
        if len(rows) > 2:
            parts.append("\n" + "\n".join(rows) + "\n")
    parts.append(
        "\n## Common flags and exit codes\n\n"
        "`-o PATH`, `--json` (one JSON object on standard output and nothing else), `--quiet`, "
        "`--no-progress`, `--strict`, `--no-repeats`, `--debug`.\n\n"
        "| code | meaning |\n|---|---|\n| 0 | done |\n| 1 | failed |\n| 2 | wrong usage or parameter |\n"
        "| 3 | done, with warnings, under `--strict` |\n| 4 | done, some files left out (each is named) |\n"
        "| 5 | nothing usable |\n| 6 | store or disk |\n| 7 | an optional part is missing |\n| 130 | interrupted |\n"
    )
    return "".join(parts)


def forms() -> str:
    """One section a codec: its docstring, which says what the form cannot hold."""
    head = "# Forms\n\nWhat a piece can become and come back from. Files are known by their content, not their name.\n"
    parts = [HEAD + head]
    for name in names("codecs"):
        codec = find("codecs", name)
        ways = "read and written" if codec.CAN_WRITE else "read"
        suffixes = ", ".join(f"`{s}`" for s in codec.SUFFIXES)
        text = inspect.cleandoc(codec.__doc__ or "")
        parts.append(f"\n## {name}\n\n{suffixes}: {ways}.\n\n```text\n{text}\n```\n")
    return "".join(parts)


def main() -> None:
    """Write both pages."""
    (HERE / "commands.md").write_text(commands(), encoding="utf-8")
    (HERE / "forms.md").write_text(forms(), encoding="utf-8")


if __name__ == "__main__":
    main()
