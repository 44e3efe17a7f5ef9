"""What the figures say about the papers' order of image sources and about the ablation."""

import published
import sources
from figures import paired
from plan import bits_name


def of(measured, models):
    """Findings, as dictionaries with a sentence each, those that survive the seeds first; and how many pairs were compared.

    measured: figures by (table, model, learner, bits, column).
    models: by name.
    """
    groups = {}
    for (table, model, learner, bits, column), figure in measured.items():
        if figure:
            groups.setdefault((table, model, learner, bits), {})[column] = figure
    found, compared = [], 0
    for (table, model, learner, bits), columns in groups.items():
        place = dict(table=table, model=model, learner=learner, bits=bits_name(bits))
        if table == 2:
            pairs, paper_name = _pairs(columns), models[model].paper_name
            words = (lambda key: sources.BY_KEY[key].title), (
                lambda key: published.top1(2, paper_name, place["bits"], key))
        elif table == 3:
            pairs = _ablation_pairs(columns)
            words = (lambda key: key.replace("+", " + ") or "the baseline"), _published_row
        else:
            continue
        compared += len(pairs)
        found += filter(None, (_compare(place, columns, low, high, *words) for low, high in pairs))
    return sorted(found, key=lambda finding: not finding["survives"]), compared


def _pairs(columns):
    """Pairs (worse, better) by the papers: their order, and noise below everything."""
    order = [source.key for source in sources.EXPECTED_ORDER if source.key in columns]
    pairs = [(low, high) for index, low in enumerate(order) for high in order[index + 1:]]
    noise = sources.NOISE.key
    if noise in columns:
        pairs += [(noise, key) for key in columns if key not in order]
    return pairs


def _ablation_pairs(columns):
    """Pairs (worse, better) by the paper's ablation: of each part with none and with APA, and of all rows with the last."""
    last = "+".join(sources.PARTS)
    pairs = [("", part) for part in sources.PARTS]
    pairs += [(part, "APA") for part in sources.PARTS if part != "APA"]
    pairs += [(key, last) for key in map("+".join, sources.ABLATION) if key not in ("", last)]
    known = [pair for pair in pairs if set(pair) <= set(columns)]
    return [tuple(sorted(pair, key=_published_row)) for pair in known]


def _published_row(key):
    return published.ablation(key.split("+") if key else ())


def _compare(place, columns, low, high, title, published_figure):
    """A finding on two columns of which `low` is worse by the papers; None if it clearly is.

    Of noise is asked that it is clearly worse: by more than photographs can do.
    title, published_figure: of a column's key.
    """
    first, second = columns[low], columns[high]
    centre, least, most = paired(first.by_photograph, second.by_photograph)
    if centre > 0:
        kind = "noise is not last" if low == sources.NOISE.key else "reversed order"
    elif low == sources.NOISE.key and most >= 0:
        kind = "noise is not clearly last"
    else:
        return None
    shared = sorted(set(first.seeds) & set(second.seeds))
    agreeing = [seed for seed in shared if first.seeds[seed] >= second.seeds[seed]]
    survives = len(shared) > 1 and len(agreeing) == len(shared)
    verdict = (
        "one seed, which says nothing yet" if len(shared) < 2
        else f"survives all {len(shared)} seeds" if survives
        else f"does not survive the seeds (so in {len(agreeing)} of {len(shared)})")
    nearer = sum(first.divergences[seed] <= second.divergences[seed] for seed in shared)
    sentence = (
        f"{_where(place)}: {title(low)} {100 * first.top1:.1f}, {title(high)} {100 * second.top1:.1f}: {verdict}; "
        f"difference {100 * centre:+.1f} points, 95 % over photographs {100 * least:+.1f} to {100 * most:+.1f}; "
        f"divergence from full precision {first.kl:.3f} and {second.kl:.3f} nats (the former's no larger in {nearer} of {len(shared)})")
    numbers = [published_figure(key) for key in (low, high)]
    if None not in numbers:
        there = "too" if numbers[0] >= numbers[1] else "not"
        sentence += f"; in the paper {there}: {numbers[0]:.2f} and {numbers[1]:.2f}"
    if first.shortfall or second.shortfall:
        sentence += "; made with less than the paper's work, see †"
    return dict(
        kind=kind, **place, worse=low, better=high, survives=survives, seeds=len(shared), agreeing=len(agreeing),
        difference=[round(value, 6) for value in (centre, least, most)], text=sentence)


def _where(place):
    weights, activations = place["bits"].split("/")
    return f"{place['model']}, learner {place['learner']}, W{weights}A{activations}"
