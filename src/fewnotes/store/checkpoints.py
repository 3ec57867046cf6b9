"""Checkpoints: trained nets that learned across many styles. Where they live, and reading one with care.

A checkpoint is a folder: `config.json` (what the engine needs to build the nets, and the digest of the weights),
`weights.safetensors`, `card.md` (sources, licences, how it was trained and measured). Order of resolution, said aloud
by `Checkpoint.said`: an explicit path, $FEWNOTES_HOME/checkpoints/NAME, the one in the package. Never the network.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadInput, NotInstalled, StoreError
from fewnotes.store.folders import StrPath, home_folder

CONFIG, WEIGHTS, CARD = "config.json", "weights.safetensors", "card.md"
FORMAT = "fewnotes checkpoint 1"
MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint. said: where it comes from, in words. digest: SHA-256 of the weights."""

    name: str
    config: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    digest: str
    said: str


def find_checkpoint(name: str, home: StrPath | None = None) -> tuple[Path, str]:
    """The folder of a checkpoint and where that is, in words. `name` may be a path to a folder.

    Raises NotInstalled where there is none.
    """
    asked = Path(name).expanduser()
    if (asked / CONFIG).is_file():
        return asked, f"from {asked}"
    own = home_folder(home) / "checkpoints" / name
    if (own / CONFIG).is_file():
        return own, f"your own checkpoint {name!r}"
    packaged = Path(str(importlib.resources.files("fewnotes"))) / "assets" / name
    if (packaged / CONFIG).is_file():
        return packaged, f"the checkpoint {name!r} of this package"
    raise NotInstalled(
        f"There is no checkpoint {name!r}",
        expected=f"a folder with {CONFIG} and {WEIGHTS}, under {own} or in the package",
        fix="Install fewnotes again, or train one with the recipe in recipes/",
    )


def load_checkpoint(name: str, home: StrPath | None = None) -> Checkpoint:
    """Read and verify a checkpoint. Raises NotInstalled, BadInput where it is damaged, StoreError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    folder, said = find_checkpoint(name, home)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if (folder / WEIGHTS).stat().st_size > MAX_BYTES:
            raise BadInput(f"The weights in {folder} are too large", expected=f"at most {MAX_BYTES:,} bytes")
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise StoreError(f"The checkpoint in {folder} could not be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _damaged(folder, f"{CONFIG} is no JSON") from error
    digest = hashlib.sha256(data).hexdigest()
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise _damaged(folder, f"{CONFIG} does not say {FORMAT!r}")
    if config.get("digest") != digest:
        raise _damaged(folder, "the weights are not those that the config names")
    try:
        arrays = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise _damaged(folder, f"the weights do not load: {error}") from error
    return Checkpoint(str(config.get("name", name)), config, arrays, digest, said)


def save_checkpoint(
    folder: StrPath, name: str, config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], card: str
) -> Path:
    """Write a checkpoint; the config comes last, so that a folder with a config is whole. Raises StoreError."""
    from safetensors.numpy import save

    target = Path(folder)
    data = save({key: np.ascontiguousarray(value) for key, value in arrays.items()})
    facts = {"format": FORMAT, "name": name, "digest": hashlib.sha256(data).hexdigest(), **config}
    write_atomic(target / WEIGHTS, data)
    write_atomic(target / CARD, card.encode())
    write_atomic(target / CONFIG, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())
    return target


def _damaged(folder: Path, why: str) -> BadInput:
    return BadInput(
        f"The checkpoint in {folder} is damaged: {why}", expected="a checkpoint as it was released",
        fix="Install fewnotes again, or remove that folder", code="damaged-checkpoint",
    )  # fmt: skip
