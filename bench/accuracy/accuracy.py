"""The papers' tables measured with this package: image source × learner × bits × seeds.

    bench/accuracy/run [--quick] [--tables 2 3 5 8] [--seeds 0 1 2] [--models NAME …] [-o FOLDER]

Prints Table 2 (sources of images), Table 3 (ablation), Table 5 (W8A8, W4A8) and Table 8 (size, speed, memory) with the
published numbers beside, and findings where they differ in order; writes accuracy.md and accuracy.json. Every result is
kept in FOLDER under what it depends on (version, model, recipe, photographs), and images are shared by learners and
bits: after Ctrl-C or a kill the same command goes on. Results of another build of the same version are taken, and the
report says so: for a new build give a new FOLDER. VITQ names another `vitq` than .build/release/vitq.

A real column needs photographs that are not measured on: --calib-images FOLDER. Every seed draws its own from it.
"""

import argparse
import datetime
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import figures
import findings
import models
import photographs
import plan
import report
import sources
import store
from running import Running, is_interruption
from tool import INTERRUPTED, ROOT, Tool, ToolError

SHARED = ROOT.parent / "shared"
QUICK_PHOTOGRAPHS = 50


def bits(text):
    """W4A8 or 4/8 as (4, 8)."""
    found = re.fullmatch(r"[Ww]?([3-8])[Aa/]([3-8])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected bits from 3 to 8 such as W4A8 or 4/8, found {text}")
    return int(found[1]), int(found[2])


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few images, steps and photographs: does it work?")
    parser.add_argument("--tables", type=int, nargs="+", choices=plan.TABLES, default=plan.TABLES)
    parser.add_argument("--seeds", type=int, nargs="+", help="default: 0 1 2; 0 with --quick")
    parser.add_argument("--models", nargs="+", help="names or paths (default: those of --models-dir, and the fixtures)")
    parser.add_argument("--learners", nargs="+", choices=plan.LEARNERS, default=["sardfq", "best"])
    parser.add_argument("--sources", nargs="+", choices=sources.BY_KEY, default=list(sources.BY_KEY))
    parser.add_argument("--bits", type=bits, nargs="+", help="rows of Table 2, such as W4A4 3/4 (default: 4/4 5/5 6/6; 4/4 with --quick)")
    parser.add_argument("--images", type=int, help="calibration images (default: 32)")
    parser.add_argument("--steps", type=int, help="at most so many steps of an image (default: the publications')")
    parser.add_argument("--iterations", type=int, help="steps of the learner sardfq (default: 100)")
    parser.add_argument("--photos", type=int, help="at most so many photographs (default: all)")
    parser.add_argument("--models-dir", type=Path, default=SHARED / "models")
    parser.add_argument(
        "--images-dir", type=Path, default=SHARED / "imagenet", help="photographs with a labels.csv (default: ../shared/imagenet)")
    parser.add_argument("--calib-images", type=Path, help="a folder of photographs for the column Real; never measured on")
    parser.add_argument("--runs", type=int, default=50, help="timed runs of Table 8")
    parser.add_argument("--threads", type=int, help="default: all cores; changes no result")
    parser.add_argument("--report-only", action="store_true", help="report what is there and quantize nothing")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / ".build" / "accuracy", help="keeps results and images")
    return parser.parse_args(words)


def machine():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':', 1)[1].strip()}, {os.cpu_count()} processors"
    return f"{os.uname().machine}, {os.cpu_count()} processors"


def today():
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.now(datetime.UTC)
    return (datetime.datetime.fromtimestamp(int(epoch), datetime.UTC) if epoch else now).date().isoformat()


def found_models(options, tool, kept, calibration):
    """The models to measure, and what is absent."""
    paths, absent = models.find(options.models_dir, options.models)
    limit = options.photos or (QUICK_PHOTOGRAPHS if options.quick else None)
    chosen = []
    for name, path in paths.items():
        own = models.own_photographs(path)
        labelled = own or options.images_dir
        if not labelled.exists():
            absent.append(f"{labelled} for {name}")
            continue
        has_real = calibration is not None and own is None
        left_out = set(calibration.files) if has_real else set()
        listed = photographs.evaluation(labelled, limit, left_out, kept.folder / "photographs")
        chosen.append(models.prepare(name, path, tool, kept.folder / "models", listed, has_real))
    if not chosen:
        raise SystemExit(f"accuracy: no model to measure: absent are {', '.join(absent)}")
    return chosen, absent


def speed_cells(options, chosen):
    """Table 8: size, speed and memory depend on no image, so noise and one learning step will do."""
    scale = sources.Scale(images=4, steps=1, iterations=1)
    if 8 not in options.tables:
        return scale, []
    return scale, [
        (model, plan.Cell(model.name, sources.NOISE, learner, (4, 4))) for model in chosen for learner in options.learners]


class Session:
    """One call of the program: what is wanted, run and reported."""

    def __init__(self, options):
        self.options = options
        self.seeds = tuple(options.seeds or ((0,) if options.quick else (0, 1, 2)))
        base = sources.QUICK if options.quick else sources.FULL
        self.scale = sources.Scale(
            options.images or base.images, options.steps or base.steps, options.iterations or base.iterations)
        self.bits = tuple(options.bits or plan.DEFAULT_BITS[:1 if options.quick else None])
        self.store = store.Store(options.output)
        self.tool = Tool(threads=options.threads)
        calibration = photographs.Calibration(options.calib_images) if options.calib_images else None
        self.models, self.absent = found_models(options, self.tool, self.store, calibration)
        self.running = Running(self.tool, self.store, self.models, self.scale, calibration, machine())
        self.speed_scale, self.speed_cells = speed_cells(options, self.models)
        self.speeds_running = Running(self.tool, self.store, self.models, self.speed_scale, None, machine())
        self.figures = plan.figures(options.tables, self.models, options.learners, self.bits, options.sources)
        cells = {(figure.cell, seed): None for seed in self.seeds for figure in self.figures}
        self.cells = list(cells)
        self.failures = []

    def run(self):
        """Runs what has no result yet."""
        missing = [(cell, seed) for cell, seed in self.cells if self.running.result(cell, seed) is None]
        for index, (cell, seed) in enumerate(missing):
            label = cell.label(seed)
            print(f"[{index + 1} of {len(missing)}] {label}", file=sys.stderr, end="", flush=True)
            result = self._try(label, self.running.run, cell, seed)
            if result:
                share = result["top1"] / len(result["answers"])
                print(f": {100 * share:.1f} % in {result['seconds']:.0f} s", file=sys.stderr)
                self.report()
        for model, cell in self.speed_cells:
            if self.store.read(self.speeds_running.speed_key(model, cell)) is None:
                label = f"Table 8, {model.name}, {cell.learner}"
                print(label, file=sys.stderr)
                self._try(label, self.speeds_running.run_speed, model, cell, self.options.runs)

    def _try(self, label, action, *words):
        try:
            return action(*words)
        except ToolError as error:
            if is_interruption(error):
                raise KeyboardInterrupt from None
            print(f": {error}", file=sys.stderr)
            self.failures.append((label, str(error)))
            return None

    def measured(self):
        """The figures by (table, model, learner, bits, column)."""
        by_name = {model.name: model for model in self.models}
        found = {}
        for figure in self.figures:
            results = {seed: self.running.result(figure.cell, seed) for seed in self.seeds}
            model = by_name[figure.model]
            found[figure.table, figure.model, figure.learner, figure.bits, figure.column] = figures.measure(
                {seed: result for seed, result in results.items() if result}, self.seeds, model.photographs.classes,
                self.running.full_precision(model)["answers"], figure.cell.shortfall(self.scale))
        return found

    def report(self):
        """Writes the report of what is there, and returns its text."""
        full = {}
        for model in self.models:
            result = dict(self.running.full_precision(model), kl=0.0, build=self.tool.build)
            full[model.name] = figures.measure({0: result}, (0,), model.photographs.classes, result["answers"], [])
        speeds = {(model.name, cell.learner): self.store.read(self.speeds_running.speed_key(model, cell))
                  for model, cell in self.speed_cells}
        measured = self.measured()
        found, compared = findings.of(measured, {model.name: model for model in self.models})
        facts = SimpleNamespace(
            date=today(), machine=machine(), version=self.tool.version, build=self.tool.build, is_quick=self.options.quick,
            scale=self.scale, seeds=self.seeds, sources=self.options.sources, tables=self.options.tables,
            learners=self.options.learners, bits=self.bits, models=self.models,
            absent=self.absent, has_real=any(model.has_real for model in self.models),
            full_precision=full, measured=measured, speeds={key: value for key, value in speeds.items() if value},
            findings=found, compared=compared, failures=self.failures, wanted=len(self.cells),
            done=sum(self.running.result(cell, seed) is not None for cell, seed in self.cells))
        text = report.markdown(facts)
        store.write(self.store.folder / "accuracy.json", report.as_json(facts))
        store.write(self.store.folder / "accuracy.md", text)
        return text


def main(words=None):
    options = arguments(words)
    try:
        session = Session(options)
        if not options.report_only:
            session.run()
        print(session.report())
    except KeyboardInterrupt:
        print(f"\naccuracy: interrupted; the same command goes on from {options.output}", file=sys.stderr)
        return INTERRUPTED
    except (OSError, ToolError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 1
    return 1 if session.failures else 0


if __name__ == "__main__":
    sys.exit(main())
