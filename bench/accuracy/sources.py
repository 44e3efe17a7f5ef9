"""Where calibration images come from: the papers' columns, and what a recipe says for each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One way to get calibration images."""

    key: str
    title: str
    method: str
    # The optimisation steps of the publication; None where nothing is optimised.
    steps: int | None = None
    switches: tuple[tuple[str, bool], ...] = ()

    def recipe(self, scale, bits):
        """The `images` section of a recipe, for the bits (weights, activations) of the network."""
        section = dict(method=self.method, count=scale.images)
        if self.steps:
            section["steps"] = min(self.steps, scale.steps)
        for name, on in self.switches:
            section[name] = dict(on=on)
        if self.method == "psaq-v2":
            # Its student is the network at the bits that the images are for.
            section["student"] = dict(weights=bits[0], activations=bits[1])
        return section

    def shortfall(self, scale):
        """What is less than in the publication, in words."""
        less = []
        if scale.images < PUBLISHED_IMAGES:
            less.append(f"{scale.images} of {PUBLISHED_IMAGES} images")
        if self.steps and scale.steps < self.steps:
            less.append(f"{scale.steps} of {self.steps} steps")
        return less


@dataclass(frozen=True)
class Scale:
    """How much work a figure gets."""

    images: int
    # The most optimisation steps of an image.
    steps: int
    # The steps of the learner `sardfq` for each block and stage.
    iterations: int


PUBLISHED_IMAGES = 32
PUBLISHED_ITERATIONS = 100
# The papers leave PSAQ-ViT V2's steps open, and CLAMP-ViT's generator: 1000 as for the others.
FULL = Scale(images=PUBLISHED_IMAGES, steps=4000, iterations=PUBLISHED_ITERATIONS)
QUICK = Scale(images=4, steps=20, iterations=10)

REAL = Source("real", "Real", "folder")
NOISE = Source("noise", "Gaussian noise", "noise")
PSAQ = Source("psaq", "PSAQ-ViT", "psaq", 1000)
PSAQ_V2 = Source("psaq-v2", "PSAQ-ViT V2", "psaq-v2", 1000)
SMI = Source("smi", "SMI dense", "smi", 4000)
SMI_SPARSE = Source("smi-sparse", "SMI sparse", "smi-sparse", 4000)
CLAMP = Source("clamp", "CLAMP-ViT (reconstruction)", "clamp", 1000)
SARDFQ = Source("sardfq", "SARDFQ", "sardfq", 1000)

# The names of the papers' three parts of SARDFQ, and the recipe's.
PARTS = {"APA": "attention-priors", "MSR": "parts", "SL": "soft-labels"}
# The rows of Table 3, in its order.
ABLATION = ((), ("APA",), ("MSR",), ("SL",), ("APA", "MSR"), ("APA", "SL"), ("MSR", "SL"), ("APA", "MSR", "SL"))


def ablated(on):
    """SARDFQ with some of its parts; with all of them, SARDFQ itself."""
    if len(on) == len(PARTS):
        return SARDFQ
    switches = tuple((section, name in on) for name, section in PARTS.items())
    name = "+".join(on).lower() or "baseline"
    return Source(f"sardfq-{name}", f"SARDFQ, {' + '.join(on) or 'baseline'}", "sardfq", SARDFQ.steps, switches)


COLUMNS = {
    2: (REAL, NOISE, PSAQ, PSAQ_V2, SMI, SMI_SPARSE, SARDFQ),
    5: (PSAQ, PSAQ_V2, SMI, SMI_SPARSE, CLAMP, SARDFQ),
}
BY_KEY = {source.key: source for column in COLUMNS.values() for source in column}
# The order that the papers find, from worst to best.
EXPECTED_ORDER = (NOISE, PSAQ, SARDFQ, REAL)
