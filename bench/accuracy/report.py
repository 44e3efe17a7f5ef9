"""The report of a run, as Markdown and as JSON."""

import json

import published
import sources
import tables
from plan import bits_name

SCHEMA = "vitq.accuracy/1"


def markdown(run):
    lines = ["# Accuracy of data-free quantization, beside the papers", ""]
    if run.is_quick:
        lines += ["**A quick run: few images, steps and photographs. It shows that the pipeline works; its figures are not results.**", ""]
    lines += [*_circumstances(run), ""]
    for table in run.tables:
        lines += [*_table(table, run), ""]
    lines += ["## Findings", "", *_findings(run), ""]
    if run.failures:
        lines += ["## Failed", "", *(f"- {label}: {message}" for label, message in run.failures), ""]
    return "\n".join(lines)


def _circumstances(run):
    scale = run.scale
    photographs = ", ".join(f"{len(model.photographs.classes)} for {model.name}" for model in run.models)
    steps = ", ".join(
        f"{source.title} {min(source.steps, scale.steps)} (paper: {_published_steps(source)})"
        for source in sources.BY_KEY.values() if source.steps and source.key in run.sources)
    lines = [
        f"- {run.date}; {run.machine}; vitq {run.version}, build {run.build}; {run.done} of {run.wanted} models made and measured.",
        f"- Images: {scale.images} (paper: {sources.PUBLISHED_IMAGES}); seeds {', '.join(map(str, run.seeds))}.",
        f"- Steps of an image: {steps or 'none'}. Learner `sardfq`: {scale.iterations} steps for each block and stage "
        f"(paper: {sources.PUBLISHED_ITERATIONS}).",
        f"- Photographs: {photographs}. The papers measure on the 50 000 of ImageNet's validation set.",
        "- A figure is top-1 in %, the mean over seeds ± the standard deviation over seeds, and in brackets the 95 % interval over "
        "photographs (Wilson).",
        "- † made with fewer images or steps than the paper's; ‡ not all seeds are there yet; – not run or not printed.",
        "- PSAQ-ViT V2's student has the bits of the row, and its number of steps is not published. CLAMP-ViT's generator is not published "
        "either: its column is a reconstruction.",
    ]
    if 2 in run.tables and "real" in run.sources and not run.has_real:
        lines.append("- Real: not run: give photographs that are not measured on with --calib-images.")
    if run.absent:
        lines.append(f"- Absent: {', '.join(run.absent)}.")
    others = sorted(
        {build for figure in run.measured.values() if figure for build in figure.builds} - {run.build})
    if others:
        lines.append(f"- Some results are of other builds of the same version: {', '.join(others)}.")
    return lines


def _published_steps(source):
    return "open" if source.key in ("psaq-v2", "clamp") else source.steps


def _table(table, run):
    lines = [f"## {tables.TITLES[table]}", "", f"Paper: {published.caption(table)}.", ""]
    if table == 8:
        lines += [
            "vitq: one image, one thread, fastest of interleaved runs; memory of a whole `vitq infer` process. The times compare with each "
            "other and not with the paper's, which are a GPU's.", ""]
        return lines + tables.efficiency(run.models, run.speeds)
    for learner in run.learners:
        lines += [f"Learner `{learner}`:", ""]
        if table == 3:
            lines += tables.ablation(learner, run.models, run.measured)
        else:
            lines += tables.accuracy(
                table, learner, run.models, run.full_precision, run.measured, run.bits if table == 2 else ((8, 8), (4, 8)))
        lines.append("")
    return lines[:-1]


def _findings(run):
    order = " < ".join(source.title for source in sources.EXPECTED_ORDER)
    lines = [f"The paper's order is {order}, and noise below all; pairs of Tables 2 and 3 that were compared: {run.compared}."]
    for survives, title in (
            (True, "These survive the seeds:"),
            (False, "These do not survive the seeds, or one seed is too few to say:")):
        chosen = [finding for finding in run.findings if finding["survives"] == survives]
        if chosen:
            lines += ["", title, "", *(f"- **{finding['kind']}**: {finding['text']}." for finding in chosen)]
    if not run.findings and run.compared:
        lines.append("All came out as in the paper.")
    return lines


def as_json(run):
    figures = []
    for (table, model, learner, bits, column), measured in run.measured.items():
        if measured is None:
            continue
        paper_name = next(item.paper_name for item in run.models if item.name == model)
        if table == 3:
            paper = published.ablation(column.split("+") if column else ()) if paper_name == published.ablated_model() else None
        else:
            paper = published.top1(table, paper_name, bits_name(bits), column)
        figures.append(dict(
            table=table, model=model, paper_model=paper_name, learner=learner, bits=bits_name(bits), column=column,
            paper=paper, **measured.json()))
    scale = run.scale
    return json.dumps(dict(
        schema=SCHEMA, date=run.date, machine=run.machine, version=run.version, build=run.build, quick=run.is_quick,
        images=scale.images, steps=scale.steps, iterations=scale.iterations, seeds=list(run.seeds), done=run.done, wanted=run.wanted,
        full_precision={name: figure.json() for name, figure in run.full_precision.items()},
        figures=figures,
        efficiency=[dict(model=model, learner=learner, **result) for (model, learner), result in run.speeds.items()],
        findings=run.findings, compared=run.compared,
        failures=[dict(cell=label, message=message) for label, message in run.failures], absent=run.absent),
        indent=1, ensure_ascii=False) + "\n"
