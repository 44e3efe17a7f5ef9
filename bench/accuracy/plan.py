"""Which figures the tables need, and which runs each figure is the mean of."""

from dataclasses import dataclass

import recipe_text
import sources
from sources import Source

TABLES = (2, 3, 5, 8)
DEFAULT_BITS = ((4, 4), (5, 5), (6, 6))
LEARNERS = ("sardfq", "best", "repq", "erq", "gptq")


def bits_name(bits):
    return f"{bits[0]}/{bits[1]}"


@dataclass(frozen=True)
class Cell:
    """One quantized model: what it is made of, without the seed."""

    model: str
    source: Source
    learner: str
    bits: tuple[int, int]
    # The codes of attention probabilities; None for those of the learner.
    attention: str | None = None

    def label(self, seed):
        attention = f", {self.attention} attention" if self.attention else ""
        return f"{self.model}, {self.source.title}, {self.learner}, W{self.bits[0]}A{self.bits[1]}{attention}, seed {seed}"

    def recipe(self, scale, seed):
        """The recipe that makes the model, as YAML."""
        activations = dict(bits=self.bits[1])
        if self.attention:
            activations["attention"] = self.attention
        quantization = dict(weights=dict(bits=self.bits[0]), activations=activations)
        base = {"sardfq": "paper", "best": "best"}.get(self.learner)
        if base is None:
            quantization["learner"] = self.learner
        if self.learner == "sardfq":
            quantization["iterations"] = scale.iterations
        return recipe_text.text(dict(
            base=base or "paper", images=self.source.recipe(scale, self.bits), quantization=quantization, seed=seed))

    def shortfall(self, scale):
        """What is less than in the paper, in words."""
        less = self.source.shortfall(scale)
        if self.learner == "sardfq" and scale.iterations < sources.PUBLISHED_ITERATIONS:
            less.append(f"{scale.iterations} of {sources.PUBLISHED_ITERATIONS} steps of the learner")
        return less


@dataclass(frozen=True)
class Figure:
    """A place in a table."""

    table: int
    model: str
    learner: str
    bits: tuple[int, int]
    column: str
    cell: Cell


def figures(tables, models, learners, bits, columns):
    """The figures of tables 2, 3 and 5.

    models: objects with `name`, `is_windowed` and `has_real` (photographs to calibrate with).
    columns: keys of the sources that are wanted.
    """
    found = []
    for model in models:
        for learner in learners:
            for table in tables:
                found += _table(table, model, learner, bits, columns)
    return found


def _table(table, model, learner, bits, columns):
    if table == 3:
        for on in sources.ABLATION if "sardfq" in columns else ():
            cell = Cell(model.name, sources.ablated(on), learner, (4, 4))
            yield Figure(3, model.name, learner, (4, 4), "+".join(on), cell)
    if table not in sources.COLUMNS:
        return
    for pair in bits if table == 2 else ((8, 8), (4, 8)):
        for source in sources.COLUMNS[table]:
            if source.key not in columns or not is_possible(source, model):
                continue
            # Table 5 has uniform attention scores; `best` chooses its own codes for the bits.
            attention = "uniform" if table == 5 and learner != "best" else None
            cell = Cell(model.name, source, learner, pair, attention)
            yield Figure(table, model.name, learner, pair, source.key, cell)


def is_possible(source, model):
    """Whether a model can have images of a source: windows leave no room for sparse images."""
    if source is sources.REAL:
        return model.has_real
    return not (source is sources.SMI_SPARSE and model.is_windowed)
