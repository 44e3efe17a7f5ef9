"""Markdown, JSON and an SVG chart of what peers.py measured."""

from html import escape


def statistics(seconds):
    ordered = sorted(seconds)
    return ordered[0], ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]


def rows(model):
    """One line for each contestant: label, min, median, p90 in ms and the rest."""
    for entry in model["contestants"]:
        low, median, high = statistics(entry["seconds"])
        yield dict(
            label=entry["label"], engine=entry["engine"], low=low * 1e3, median=median * 1e3, high=high * 1e3,
            load=entry["load_seconds"] * 1e3, peak=entry["peak_bytes"], size=entry["file_bytes"],
            share=model["macs"] / low / (model["peak_macs_per_second"] * model["threads"]) if model["macs"] else None)


def markdown(result):
    lines = [
        f"Machine: {result['machine']}; {result['date']}; kernel {result['kernel']}; calibrated with "
        f"`{result['peak_instruction']}`; samples beside a calibration under 92 % of the best are dropped.", ""]
    for model in result["models"]:
        lines += [
            f"### {model['name']}, {model['threads']} thread{'s' if model['threads'] > 1 else ''}", "",
            "| runtime | min ms | median | p90 | vitq W4A4 is faster by | % of integer peak | load ms | peak MB | file MB |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
        table = list(rows(model))
        ours = next(row for row in table if row["label"] == "vitq W4A4")["median"]
        for row in table:
            share = "" if row["share"] is None else f"{100 * row['share']:.0f}"
            lines.append(
                f"| {row['label']} | {row['low']:.2f} | {row['median']:.2f} | {row['high']:.2f} | "
                f"{row['median'] / ours:.2f}× | {share} | {row['load']:.0f} | {row['peak'] / 1e6:.0f} | {row['size'] / 1e6:.1f} |")
        lines.append("")
    return "\n".join(lines)


def svg(result):
    """Bars of the medians, one group for each model and number of threads."""
    width, bar, left = 860, 18, 210
    parts, y = [], 10
    for model in result["models"]:
        table = sorted(rows(model), key=lambda row: row["median"])
        longest = table[-1]["median"]
        title = f"{model['name']}, {model['threads']} thread(s): median milliseconds of one image"
        parts.append(f'<text x="10" y="{y + 14}" font-weight="bold">{escape(title)}</text>')
        y += 24
        for row in table:
            length = (width - left - 90) * row["median"] / longest
            fill = "#2563eb" if row["label"].startswith("vitq") else "#9ca3af"
            parts.append(
                f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(row["label"])}</text>'
                f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 4}" fill="{fill}"/>'
                f'<text x="{left + length + 6:.1f}" y="{y + 13}">{row["median"]:.1f}</text>')
            y += bar
        y += 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')
