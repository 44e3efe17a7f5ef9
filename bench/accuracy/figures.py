"""Figures of a table from the results of its seeds, with their uncertainty."""

import math
from dataclasses import dataclass, field

# The 97.5 % point of the normal distribution.
Z = 1.959963984540054


def mean(values):
    return math.fsum(values) / len(values)


def spread(values):
    """The standard deviation over seeds (n - 1); None of one seed."""
    if len(values) < 2:
        return None
    centre = mean(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))


def wilson(fraction, count):
    """The 95 % interval of a proportion of `count` photographs (Wilson, 1927).

    The mean over seeds varies less from photograph to photograph than one seed does, so that for it
    the interval is on the safe side.
    """
    width = Z * math.sqrt(fraction * (1 - fraction) / count + Z * Z / (4 * count * count))
    centre, scale = fraction + Z * Z / (2 * count), 1 + Z * Z / count
    return max(0.0, (centre - width) / scale), min(1.0, (centre + width) / scale)


def paired(first, second):
    """Mean and 95 % interval of the differences of two figures, photograph by photograph."""
    differences = [a - b for a, b in zip(first, second, strict=True)]
    centre = mean(differences)
    width = Z * (spread(differences) or 0.0) / math.sqrt(len(differences))
    return centre, centre - width, centre + width


@dataclass
class Measured:
    """What the seeds of a figure gave."""

    # Top-1 of each seed, by seed.
    seeds: dict[int, float]
    wanted_seeds: tuple[int, ...]
    photographs: int
    # For each photograph, the share of seeds that were right.
    by_photograph: list[float] = field(repr=False)
    # Mean divergence from full precision in nats, by seed.
    divergences: dict[int, float]
    agreement: float
    shortfall: list[str]
    builds: set[str]

    @property
    def top1(self):
        return mean(list(self.seeds.values()))

    @property
    def spread(self):
        return spread(list(self.seeds.values()))

    @property
    def kl(self):
        return mean(list(self.divergences.values()))

    @property
    def kl_spread(self):
        return spread(list(self.divergences.values()))

    @property
    def interval(self):
        return wilson(self.top1, self.photographs)

    @property
    def is_complete(self):
        return set(self.seeds) == set(self.wanted_seeds)

    def json(self):
        low, high = self.interval
        return dict(
            top1=round(self.top1, 6), spread=None if self.spread is None else round(self.spread, 6),
            low=round(low, 6), high=round(high, 6), seeds={str(seed): round(value, 6) for seed, value in self.seeds.items()},
            photographs=self.photographs, agreement=round(self.agreement, 6), kl=round(self.kl, 6),
            kl_by_seed={str(seed): round(value, 6) for seed, value in self.divergences.items()}, less=self.shortfall)


def measure(results, seeds, classes, reference, shortfall):
    """A figure from the results by seed; None if there are none.

    reference: the answers of full precision.
    """
    if not results:
        return None
    rows = [[answer == label for answer, label in zip(result["answers"], classes)] for result in results.values()]
    same = [mean([a == b for a, b in zip(result["answers"], reference)]) for result in results.values()]
    return Measured(
        seeds={seed: mean(row) for seed, row in zip(results, rows)}, wanted_seeds=tuple(seeds),
        photographs=len(classes), by_photograph=[mean(column) for column in zip(*rows)],
        divergences={seed: result["kl"] for seed, result in results.items()}, agreement=mean(same), shortfall=shortfall,
        builds={result["build"] for result in results.values()})
