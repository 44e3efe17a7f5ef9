"""The papers' tables in Markdown, their numbers below or beside ours."""

import published
import sources
from plan import bits_name

ABSENT = "–"
TITLES = {
    2: "Table 2: sources of images",
    3: "Table 3: influence of APA, MSR and SL",
    5: "Table 5: W8A8 and W4A8",
    8: "Table 8: size, speed and memory",
}


def figure(measured):
    """Mean ± spread over seeds, and the interval over photographs, in %."""
    if measured is None:
        return ABSENT
    low, high = measured.interval
    deviation = "" if measured.spread is None else f" ± {100 * measured.spread:.1f}"
    marks = ("†" if measured.shortfall else "") + ("" if measured.is_complete else "‡")
    return f"{100 * measured.top1:.1f}{deviation} [{100 * low:.1f}, {100 * high:.1f}]{marks}"


def divergence(measured):
    """Mean and spread over seeds of the mean divergence from full precision, in nats."""
    if measured is None:
        return ABSENT
    return f"{measured.kl:.3f}" + ("" if measured.kl_spread is None else f" ± {measured.kl_spread:.3f}")


def _paper(value):
    return ABSENT if value is None else f"{value:.2f}"


def _markdown(heading, rows, left):
    rule = ["---" if index < left else "---:" for index in range(len(heading))]
    return ["| " + " | ".join(row) + " |" for row in (heading, rule, *rows)]


def accuracy(table, learner, models, full_precision, measured, rows):
    """Table 2 or 5: a line of ours and one of the papers for each model and bits.

    full_precision: figures by model; measured: by (table, model, learner, bits, column).
    rows: the bits of the table.
    """
    columns = sources.COLUMNS[table]
    heading = ["model (full precision)", "W/A", "", *(source.title for source in columns)]
    lines = []
    names = published.models(table)
    ours = {model.paper_name: model for model in models if model.paper_name}
    for name, top1 in names.items():
        for bits in rows:
            if name in ours:
                lines.append(_ours(table, learner, ours[name], bits, full_precision, measured))
            numbers = [published.top1(table, name, bits_name(bits), source.key) for source in columns]
            if any(number is not None for number in numbers):
                lines.append([f"{name} ({top1:.2f})", bits_name(bits), "paper", *map(_paper, numbers)])
    for model in models:
        if model.paper_name not in names:
            lines += [_ours(table, learner, model, bits, full_precision, measured) for bits in rows]
    return _markdown(heading, lines, 3)


def _ours(table, learner, model, bits, full_precision, measured):
    name = f"**{model.name}** ({figure(full_precision[model.name])})"
    cells = [measured.get((table, model.name, learner, bits, source.key)) for source in sources.COLUMNS[table]]
    return [name, bits_name(bits), "vitq", *map(figure, cells)]


def ablation(learner, models, measured):
    """Table 3, columns of top-1 and of the divergence from full precision for each model."""
    heading = [
        *sources.PARTS, *(name for model in models for name in (f"{model.name}, W4A4", "divergence, nats")),
        f"paper: {published.ablated_model()}"]
    lines = []
    for on in sources.ABLATION:
        cells = [measured.get((3, model.name, learner, (4, 4), "+".join(on))) for model in models]
        lines.append([
            *("✓" if part in on else " " for part in sources.PARTS),
            *(text for cell in cells for text in (figure(cell), divergence(cell))), _paper(published.ablation(on))])
    return _markdown(heading, lines, 3)


def efficiency(models, speeds):
    """Table 8; speeds: results by (model, learner)."""
    heading = ["model", "bit", "", "size (MB)", "speed (ms)", "running memory (MB)"]
    entry = published.efficiency()
    full, low = entry["rows"]["FP"], entry["rows"]["4-bit"]
    lines = []
    for model in models:
        rows = {learner: speeds[name, learner] for name, learner in speeds if name == model.name}
        for index, (learner, result) in enumerate(rows.items()):
            before, after = _efficiency(result["full"]), _efficiency(result["low"])
            if index == 0:
                lines.append([model.name, "FP", "vitq", *_plain(before)])
            lines.append([model.name, f"W4A4, {learner}", "vitq", *_ratios(before, after)])
    before, after = list(full.values()), list(low.values())
    lines.append([entry["model"], "FP", "paper", *_plain(before)])
    lines.append([entry["model"], "4-bit", "paper", *_ratios(before, after)])
    return _markdown(heading, lines, 3)


def _efficiency(row):
    """Size, time and memory of one row of `vitq bench` in MB, ms and MB."""
    return row["file_bytes"] / 1e6, row["min_seconds"] * 1e3, row["peak_bytes"] / 1e6


def _plain(values):
    return [f"{value:.4g}" for value in values]


def _ratios(before, after):
    return [f"{new:.4g} ({old / new:.1f}×)" for old, new in zip(before, after)]
