"""Markdown and an SVG chart of what peers.py measured."""

from html import escape

OURS = "vitq W4A4"


def statistics(seconds):
    """The samples in short; quantiles are samples."""
    ordered = sorted(seconds)
    at = lambda fraction: ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]
    return dict(
        min_seconds=ordered[0], median_seconds=at(0.5), p90_seconds=at(0.9), sample_count=len(ordered))


def share_of_peak(result, model, entry):
    """The products of the model, none left out, in the fastest run, as a part of the peak of all its threads."""
    return model["products"] / entry["min_seconds"] / (result["peak_products_per_second"] * model["threads"])


def title(model):
    return f"{model['name']}, {model['threads']} thread{'s' if model['threads'] > 1 else ''}"


def provenance(result):
    found = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return [
        f"{result['machine']}; {result['date']}.", f"{found}.",
        f"Integer peak of a core: {2 * result['peak_products_per_second'] / 1e9:.0f} GOP/s "
        f"({result['peak_instruction']}, {result['instruction_set']} kernels)."]


def markdown(result, stem):
    lines = [
        "# One image, beside other runtimes", "", *provenance(result), "",
        f"Batch 1, {result['rounds']} turns of {result['runs']} runs, every contestant in turn; turns beside a calibration under "
        "92 % of the best are dropped (the last column counts them). Percentages are products of the whole model in the fastest "
        f"run, also where a runtime leaves some out. `bench/peers/run` measures it; `{stem}.json` has all figures.", "",
        f"![Median milliseconds of one image]({stem}.svg)", ""]
    for model in result["models"]:
        lines += [
            f"## {title(model)}", "",
            f"| runtime | min ms | median | p90 | {OURS} is faster by | % of integer peak | load ms | first ms | peak MB | file MB "
            "| dropped |", "|---|" + "---:|" * 10]
        ours = next((entry for entry in model["contestants"] if entry["label"] == OURS), None)
        for entry in model["contestants"]:
            ratio = f"{entry['median_seconds'] / ours['median_seconds']:.2f}×" if ours else ""
            lines.append(
                f"| {entry['label']} | {entry['min_seconds'] * 1e3:.2f} | {entry['median_seconds'] * 1e3:.2f} "
                f"| {entry['p90_seconds'] * 1e3:.2f} | {ratio} | {100 * share_of_peak(result, model, entry):.0f} "
                f"| {entry['load_seconds'] * 1e3:.0f} | {entry['first_seconds'] * 1e3:.0f} "
                f"| {entry['peak_bytes'] / 1e6:.0f} | {entry['file_bytes'] / 1e6:.1f} | {entry['dropped_turns']} |")
        lines.append("")
    return "\n".join(lines)


def svg(result):
    """Bars of the medians, fastest first, one group for each model and number of threads; the whisker ends at the p90."""
    width, bar, left, right = 940, 18, 210, 230
    parts, y = [], 12

    def text(x, y, content, extra=""):
        parts.append(f'<text x="{x:.1f}" y="{y}"{extra}>{escape(content)}</text>')

    text(10, y + 12, "Milliseconds of one image: median, and 90 % of the runs", ' font-weight="bold" font-size="15"')
    y += 34
    for model in result["models"]:
        table = sorted(model["contestants"], key=lambda entry: entry["median_seconds"])
        scale = (width - left - right) / max(entry["p90_seconds"] for entry in table)
        ours = next((entry for entry in table if entry["label"] == OURS), table[0])
        text(10, y + 13, title(model), ' font-weight="bold"')
        y += 22
        for entry in table:
            length, whisker = entry["median_seconds"] * scale, entry["p90_seconds"] * scale
            fill = "#2563eb" if entry["label"].startswith("vitq") else "#9ca3af"
            text(left - 8, y + 12, entry["label"], ' text-anchor="end"')
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 4}" fill="{fill}"/>'
                f'<path d="M{left + length:.1f} {y + 7}H{left + whisker:.1f}M{left + whisker:.1f} {y + 3}v8" stroke="#374151"/>')
            text(
                left + whisker + 6, y + 12,
                f"{entry['median_seconds'] * 1e3:.2f} ms, {entry['median_seconds'] / ours['median_seconds']:.2f}×, "
                f"{100 * share_of_peak(result, model, entry):.0f} % of peak")
            y += bar
        y += 14
    for line in provenance(result):
        text(10, y + 10, line, ' fill="#4b5563" font-size="10"')
        y += 14
    y += 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')
