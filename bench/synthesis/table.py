"""The table of a run of bench/synthesis/run: milliseconds of a step for each image, and ratios.

    table.py FOLDER      with vitq-N.jsonl and peer-N.json of each round
"""

import json
import statistics
import sys
from pathlib import Path

# The peer's arithmetic that stands beside each kind of products.
PEER = {"f32": "f32", "bf16": "bf16 autocast"}


def rows(folder):
    """The cells of the table: the fastest of all rounds, the median of their medians."""
    ours, theirs, engine = {}, {}, None
    for file in sorted(folder.glob("vitq-*.jsonl")):
        for line in map(json.loads, file.read_text().splitlines()):
            ours.setdefault(line["products"], []).append(line)
    for file in sorted(folder.glob("peer-*.json")):
        report = json.loads(file.read_text())
        engine = f"{report['engine']}, {report['threads']} threads, {report['cpu_capability']}"
        for result in report["results"]:
            theirs.setdefault((result["type"], result["batch"]), []).append(result)
    for products, turns in ours.items():
        least, middle = _figures(turns)
        cells = [products, f"{least:.1f} ({middle:.1f})"]
        for (kind, batch), results in theirs.items():
            if kind == PEER[products]:
                peer, median = _figures(results)
                cells.append(f"batch {batch}: {peer:.1f} ({median:.1f}), {peer / least:.2f}× ({median / middle:.2f}×)")
        yield engine, cells


def _figures(turns):
    return min(turn["ms_per_image_min"] for turn in turns), statistics.median(
        turn["ms_per_image_median"] for turn in turns)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    table = list(rows(Path(sys.argv[1])))
    print("Milliseconds of a step for each image, the fastest (medians in brackets).\n")
    print("| products | vitq | " + table[0][0] + " |" + " |" * (len(table[0][1]) - 3))
    print("|---|" + "---|" * (len(table[0][1]) - 1))
    for _, cells in table:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
