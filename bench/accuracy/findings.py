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
            pairs = _pairs(columns)
            compared += len(pairs)
            paper_name = models[model].paper_name
            rows = [_compare(place, columns, low, high, paper_name) for low, high in pairs]
            found += [row for row in rows if row]
        elif table == 3:
            found += _ablation(place, columns)
    return sorted(found, key=lambda finding: not finding["survives"]), compared


def _pairs(columns):
    """Pairs (worse, better) by the papers: their order, and noise below everything."""
    order = [source.key for source in sources.EXPECTED_ORDER if source.key in columns]
    pairs = [(low, high) for index, low in enumerate(order) for high in order[index + 1:]]
    noise = sources.NOISE.key
    if noise in columns:
        pairs += [(noise, key) for key in columns if key not in order]
    return pairs


def _compare(place, columns, low, high, paper_name):
    """A finding on two sources of which `low` is worse by the papers; None if it clearly is.

    Of noise is asked that it is clearly worse: by more than photographs can do.
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
    titles = [sources.BY_KEY[key].title for key in (low, high)]
    sentence = (
        f"{_where(place)}: {titles[0]} {100 * first.top1:.1f}, {titles[1]} {100 * second.top1:.1f}: {verdict}; "
        f"difference {100 * centre:+.1f} points, 95 % over photographs {100 * least:+.1f} to {100 * most:+.1f}; "
        f"divergence from full precision {first.kl:.3f} and {second.kl:.3f} nats")
    numbers = [published.top1(2, paper_name, place["bits"], key) for key in (low, high)]
    if None not in numbers:
        there = "too" if numbers[0] >= numbers[1] else "not"
        sentence += f"; in the paper {there}: {numbers[0]:.2f} and {numbers[1]:.2f}"
    if first.shortfall or second.shortfall:
        sentence += "; made with less than the paper's work, see †"
    return dict(
        kind=kind, **place, worse=low, better=high, survives=survives, seeds=len(shared), agreeing=len(agreeing),
        difference=[round(value, 6) for value in (centre, least, most)], text=sentence)


def _ablation(place, columns):
    names = {"+".join(on): on for on in sources.ABLATION}
    if set(columns) != set(names):
        return []
    base, full = columns[""].top1, columns["+".join(sources.PARTS)].top1
    alone = {part: columns[part].top1 - base for part in sources.PARTS}
    found = []
    best = max(alone, key=alone.get)
    gains = ", ".join(f"{part} {100 * gain:+.1f}" for part, gain in alone.items())
    if best != "APA":
        found.append(("another part gains most", f"{best}, not APA, gains most alone: {gains} points"))
    ahead = [column for column in columns if columns[column].top1 > full]
    if ahead:
        better = ", ".join(f"{column or 'baseline'} {100 * columns[column].top1:.1f}" for column in ahead)
        found.append(("all three parts are not best", f"with all three parts {100 * full:.1f}; ahead of it {better}"))
    results = []
    for kind, sentence in found:
        rivals = [best] if kind.startswith("another") else ahead
        against = "APA" if kind.startswith("another") else "+".join(sources.PARTS)
        seeds = sorted(columns[against].seeds)
        survives = len(seeds) > 1 and all(
            any(columns[rival].seeds.get(seed, -1) > columns[against].seeds[seed] for rival in rivals) for seed in seeds)
        verdict = "one seed, which says nothing yet" if len(seeds) < 2 else (
            f"survives all {len(seeds)} seeds" if survives else "does not survive the seeds")
        results.append(dict(kind=kind, **place, survives=survives, seeds=len(seeds), text=f"{_where(place)}: {sentence}: {verdict}"))
    return results


def _where(place):
    weights, activations = place["bits"].split("/")
    return f"{place['model']}, learner {place['learner']}, W{weights}A{activations}"
