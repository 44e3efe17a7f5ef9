"""The models to measure: checkpoints of a folder, and the package's own."""

import json
from dataclasses import dataclass
from pathlib import Path

import published
import store
from photographs import Photographs
from tool import ROOT, ToolError

SUFFIXES = (".safetensors", ".h5", ".onnx")
FIXTURES = ROOT / "fixtures"
TRAINED = ("tiny-vit", "tiny-swin")


@dataclass(frozen=True)
class Model:
    """A full-precision model with the photographs it is measured on."""

    name: str
    path: Path
    # Of the checkpoint it was converted from.
    digest: str
    # The papers' name of it, if they have it.
    paper_name: str | None
    is_windowed: bool
    has_real: bool
    photographs: Photographs


def find(models_folder, wanted):
    """Checkpoints by name, and what was looked for and is not there.

    wanted: names or paths; all there are if None.
    """
    found, absent = {}, []
    if models_folder.is_dir():
        for path in sorted(models_folder.iterdir()):
            if path.suffix in SUFFIXES or (path / "config.json").is_file():
                found[path.stem if path.is_file() else path.name] = path
    else:
        absent.append(str(models_folder))
    for name in TRAINED:
        path = FIXTURES / name
        if (path / "config.json").is_file():
            found[name] = path
        else:
            absent.append(f"fixtures/{name}")
    if wanted is None:
        return found, absent
    chosen = {}
    for name in wanted:
        path = found.get(name) or Path(name)
        if not path.exists():
            raise SystemExit(f"accuracy: {name}: no such model: expected a path or one of {', '.join(found)}")
        chosen[name if name in found else path.stem] = path.resolve()
    return chosen, [name for name in absent if Path(name).name in wanted]


def own_photographs(path):
    """What a fixture was trained for: both know the same drawings; None for other models."""
    return FIXTURES / TRAINED[0] if path in [FIXTURES / name for name in TRAINED] else None


def digest(path):
    """Identifies the files that a model is converted from."""
    files = [path] if path.is_file() else [path / "config.json", *sorted(path.glob("model.*"))]
    return store.digest([store.file_digest(file) for file in files])


def convert(name, path, tool, folder):
    """Converts a checkpoint, once; the path, and what `vitq convert` said of it."""
    identity = store.digest([digest(path), tool.version])
    target, said = folder / f"{identity}.vitq", folder / f"{identity}.json"
    if not said.exists():
        words = ["convert", path, "-o", target, "--force"]
        try:
            answer = tool.json(*words)
        except ToolError:
            # A lone state dict does not say what it is; its name may.
            answer = tool.json(*words, "--arch", name)
        store.write(said, json.dumps({key: answer[key] for key in ("architecture", "classes", "input_size")}))
    return target, json.loads(said.read_text())


def prepare(name, path, tool, folder, photographs, has_real):
    """A model that is ready to be quantized."""
    target, said = convert(name, path, tool, folder)
    return Model(
        name=name, path=target, digest=digest(path),
        paper_name=published.name(said["architecture"], said["classes"], said["input_size"]),
        is_windowed="swin" in said["architecture"], has_real=has_real, photographs=photographs)
