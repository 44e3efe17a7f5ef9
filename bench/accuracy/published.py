"""The numbers that the papers print, from published.json."""

import json
from pathlib import Path

PUBLISHED = json.loads((Path(__file__).resolve().parent / "published.json").read_text())


def name(architecture, classes, input_size):
    """The papers' name of a timm architecture; None for a model that only shares its shape or name."""
    if classes != 1000 or list(input_size[-2:]) != [224, 224]:
        return None
    return PUBLISHED["names"].get(architecture)


def models(table):
    """The models of a table in its order, with their full-precision top-1 in %."""
    return {model: entry["FP"] for model, entry in PUBLISHED["tables"][str(table)]["models"].items()}


def top1(table, model, bits, column):
    """A number of Table 2 or 5 in %; None where the paper has none."""
    entry = PUBLISHED["tables"][str(table)]
    row = entry["models"].get(model, {}).get(bits)
    return row[entry["columns"].index(column)] if row and column in entry["columns"] else None


def ablation(switches):
    """Top-1 of Table 3 in %, by the names of what is on."""
    return next(row[3] for row in PUBLISHED["tables"]["3"]["rows"] if set(switches) == {
        name for name, on in zip(("APA", "MSR", "SL"), row) if on})


def ablated_model():
    return PUBLISHED["tables"]["3"]["model"]


def efficiency():
    return PUBLISHED["tables"]["8"]


def caption(table):
    return PUBLISHED["tables"][str(table)]["source"]
