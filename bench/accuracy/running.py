"""Makes and measures models, each once."""

import time

import answers
import store
from tool import INTERRUPTED, ToolError

# Of the files in `cells`: what a result of another number holds is not what is written here.
SCHEMA = "vitq.accuracy-cell/1"


class Running:
    """Runs cells on models, or takes their results from the store."""

    def __init__(self, tool, kept, models, scale, calibration, machine):
        self.tool, self.store, self.scale, self.calibration, self.machine = tool, kept, scale, calibration, machine
        self.models = {model.name: model for model in models}
        self._references = {}

    def key(self, cell, seed):
        """Everything that the result of a cell depends on."""
        model = self.models[cell.model]
        drawn = self.calibration.drawn(seed, self.scale.images) if cell.source.method == "folder" else None
        recipe = self.tool.recipe(cell.recipe(self.scale, seed), self.store.scratch)
        return self._key(model, recipe=recipe, calibration=drawn, photographs=model.photographs.digest)

    def _key(self, model, **facts):
        return dict(schema=SCHEMA, version=self.tool.version, model=model.digest, **facts)

    def result(self, cell, seed):
        """The result of a cell; None if there is none yet."""
        return self.store.read(self.key(cell, seed))

    def full_precision(self, model):
        """The result of the model that nothing was done to."""
        key = self._key(model, recipe=None, photographs=model.photographs.digest)
        if self.store.read(key) is None:
            result, rows = self._evaluate(model, model.path)
            self._references = {model.name: rows}
            self.store.add(key, result)
        return self.store.read(key)

    def run(self, cell, seed):
        """Makes the model of a cell, measures it and keeps the result."""
        key, model = self.key(cell, seed), self.models[cell.model]
        started = time.monotonic()
        path, made = self._quantize(model, key["recipe"], key["calibration"])
        result, rows = self._evaluate(model, path)
        path.unlink()
        result |= dict(
            kl=round(answers.divergence(self._reference(model), rows), 6), bytes=made["bytes"], build=self.tool.build,
            seconds=round(time.monotonic() - started, 1))
        self.store.add(key, result)
        return result

    def speed_key(self, model, cell):
        recipe = self.tool.recipe(cell.recipe(self.scale, 0), self.store.scratch)
        return self._key(model, recipe=recipe, machine=self.machine, measured="speed")

    def run_speed(self, model, cell, runs):
        """Size, time and memory of a model and of what a cell makes of it, in turn, one thread."""
        key = self.speed_key(model, cell)
        path, _ = self._quantize(model, key["recipe"], None)
        answer = self.tool.json("bench", "-m", model.path, "-m", path, "--threads", 1, "--runs", runs)
        path.unlink()
        names = ("file_bytes", "min_seconds", "median_seconds", "p90_seconds", "peak_bytes", "engine")
        rows = [{name: row[name] for name in names} for row in answer["models"]]
        self.store.add(key, dict(full=rows[0], low=rows[1], runs=runs, build=self.tool.build))

    def _quantize(self, model, recipe, calibration):
        asked, path = self.store.scratch / "recipe.yml", self.store.scratch / "model.vitq"
        asked.write_text(recipe)
        path.unlink(missing_ok=True)
        words = ["quantize", model.path, "--recipe", asked, "-o", path, *self.tool.threads]
        if calibration:
            words += ["--calib", self.calibration.link(calibration, self.store.scratch)]
        else:
            images = self._images(model, recipe)
            words += ["--data-free", "--resume", "--work-dir", images, "--contact-sheet", f"{images}.png"]
        return path, self.tool.json(*words)

    def _images(self, model, recipe):
        """The folder of the images of a recipe, which all cells with the same images share."""
        sections = recipe.split("\nquantization:\n")
        seed = sections[1].splitlines()[-1]
        name = store.digest(self._key(model, images=sections[0], seed=seed))
        return self.store.folder / "images" / f"{model.name}-{name}"

    def _evaluate(self, model, path):
        """What a model answers; and its log-probabilities."""
        logits = self.store.scratch / "logits.npy"
        said = self.tool.json(
            "eval", model.photographs.list, "-m", path, "--logits", logits, "--force",
            *self.tool.threads)
        rows = answers.read(logits)
        logits.unlink()
        given = [answers.best(row) for row in rows]
        right = sum(answer == label for answer, label in zip(given, model.photographs.classes, strict=True))
        if right != said["top1"]["count"]:
            raise ToolError(70, f"{right} right answers by the logits, {said['top1']['count']} by vitq eval")
        return dict(answers=given, top1=right, top5=said["top5"]["count"]), list(map(answers.log_probabilities, rows))

    def _reference(self, model):
        """The log-probabilities of full precision."""
        if model.name not in self._references:
            self._references = {model.name: self._evaluate(model, model.path)[1]}
        return self._references[model.name]


def is_interruption(error):
    return error.status in (INTERRUPTED, -2, -15)
