"""Statistics, plan and findings on figures that are made up."""

import unittest

import figures
import findings
import plan
import published
import sources
from types import SimpleNamespace

SEEDS = (0, 1, 2)
MODEL = SimpleNamespace(name="deit", paper_name="DeiT-T", is_windowed=False, has_real=True)


def measured(*right, photographs=100):
    """A figure whose seeds were right on the first so many photographs."""
    classes = [1] * photographs
    results = {
        seed: dict(answers=[1] * count + [0] * (photographs - count), kl=0.5, build="b") for seed, count in zip(SEEDS, right)}
    return figures.measure(results, SEEDS, classes, classes, [])


def found(columns, table=2):
    return findings.of({(table, "deit", "sardfq", (4, 4), key): figure for key, figure in columns.items()}, {"deit": MODEL})


class Statistics(unittest.TestCase):
    def test_interval_is_that_of_vitq_eval(self):
        low, high = figures.wilson(0.7, 20)
        self.assertAlmostEqual(low, 0.4810271816464765)
        self.assertAlmostEqual(high, 0.8545227551323956)

    def test_mean_and_spread_over_seeds(self):
        figure = measured(40, 50, 60)
        self.assertAlmostEqual(figure.top1, 0.5)
        self.assertAlmostEqual(figure.spread, 0.1)
        self.assertIsNone(measured(40).spread)
        self.assertFalse(measured(40).is_complete)

    def test_paired_interval_knows_that_photographs_are_the_same(self):
        centre, low, high = figures.paired([1] * 60 + [0] * 40, [1] * 50 + [0] * 50)
        self.assertAlmostEqual(centre, 0.1)
        self.assertGreater(low, 0)
        self.assertLess(high - low, 0.13)


class Findings(unittest.TestCase):
    def test_order_of_the_paper_is_no_finding(self):
        rows, compared = found(dict(
            noise=measured(20, 21, 22), psaq=measured(40, 41, 42), sardfq=measured(50, 51, 52), real=measured(60, 61, 62),
            smi=measured(30, 31, 32)))
        self.assertEqual((rows, compared), ([], 7))

    def test_reversal_that_survives_the_seeds(self):
        rows, _ = found(dict(psaq=measured(60, 61, 62), sardfq=measured(50, 51, 52)))
        self.assertEqual([(row["kind"], row["survives"]) for row in rows], [("reversed order", True)])
        self.assertGreater(rows[0]["difference"][1], 0)
        self.assertIn("in the paper not: 47.75 and 52.06", rows[0]["text"])

    def test_reversal_of_the_mean_that_one_seed_contradicts(self):
        rows, _ = found(dict(psaq=measured(70, 70, 49), sardfq=measured(50, 51, 52)))
        self.assertEqual([(row["survives"], row["agreeing"]) for row in rows], [(False, 2)])

    def test_one_seed_says_nothing(self):
        rows, _ = found(dict(psaq=measured(60), sardfq=measured(50)))
        self.assertFalse(rows[0]["survives"])

    def test_noise_that_is_not_last(self):
        rows, _ = found({"noise": measured(30, 30, 30), "smi-sparse": measured(10, 10, 10)})
        self.assertEqual([(row["kind"], row["survives"]) for row in rows], [("noise is not last", True)])
        self.assertIn("in the paper too", rows[0]["text"])

    def test_noise_has_to_be_clearly_last(self):
        rows, _ = found(dict(noise=measured(30, 30, 30), psaq=measured(31, 29, 31)))
        self.assertEqual([(row["kind"], row["survives"]) for row in rows], [("noise is not clearly last", False)])
        rows, _ = found(dict(noise=measured(100, 100, 100), psaq=measured(100, 100, 100)))
        self.assertEqual([row["kind"] for row in rows], ["noise is not clearly last"])
        self.assertEqual(found(dict(psaq=measured(50, 50, 50), sardfq=measured(50, 50, 50)))[0], [])

    def test_ablation(self):
        columns = {key: measured(*[round(figure)] * 3) for key, figure in (
            ("", 51.73), ("APA", 60.26), ("MSR", 50.75), ("SL", 52.02), ("APA+MSR", 61.58), ("APA+SL", 60.51),
            ("MSR+SL", 56.08), ("APA+MSR+SL", 62.29))}
        self.assertEqual(found(columns, table=3), ([], 11))
        columns["SL"] = measured(61, 61, 61)
        rows, _ = found(columns, table=3)
        self.assertEqual([(row["worse"], row["better"], row["survives"]) for row in rows], [("SL", "APA", True)])
        self.assertIn("in the paper not: 52.02 and 60.26", rows[0]["text"])
        columns["SL"] = measured(53, 50, 50)
        rows, _ = found(columns, table=3)
        self.assertEqual([(row["worse"], row["better"], row["agreeing"]) for row in rows], [("", "SL", 2)])
        self.assertIn("the baseline 52.0, SL 51.0: does not survive the seeds (so in 2 of 3)", rows[0]["text"])
        del columns["APA"]
        self.assertEqual(len(found(columns, table=3)[0]), 1)


class Plan(unittest.TestCase):
    def figures(self, *tables, model=MODEL):
        return plan.figures(tables, [model], ["sardfq"], [(4, 4)], list(sources.BY_KEY))

    def test_all_of_the_ablation_is_a_column_of_table_2(self):
        ablation = {figure.column: figure.cell for figure in self.figures(3)}
        self.assertEqual(len(set(ablation.values())), 8)
        self.assertIn(ablation["APA+MSR+SL"], [figure.cell for figure in self.figures(2)])

    def test_windows_have_no_sparse_images_and_real_ones_need_photographs(self):
        windowed = SimpleNamespace(name="swin", paper_name=None, is_windowed=True, has_real=False)
        columns = {figure.column for figure in self.figures(2, model=windowed)}
        self.assertEqual(columns, {"noise", "psaq", "psaq-v2", "smi", "sardfq"})

    def test_less_work_than_the_paper_is_said(self):
        cell = self.figures(2)[-1].cell
        self.assertEqual(cell.shortfall(sources.FULL), [])
        self.assertEqual(len(cell.shortfall(sources.QUICK)), 3)


class Published(unittest.TestCase):
    def test_numbers_are_found_by_name(self):
        self.assertEqual(published.name("deit_tiny_patch16_224", 1000, [3, 224, 224]), "DeiT-T")
        self.assertIsNone(published.name("deit_tiny_patch16_224", 20, [3, 48, 48]))
        self.assertEqual(published.top1(2, "DeiT-S", "4/4", "sardfq"), 62.29)
        self.assertIsNone(published.top1(2, "Swin-S", "4/4", "smi-sparse"))
        self.assertIsNone(published.top1(5, None, "4/8", "clamp"))
        self.assertEqual(published.ablation(("SL", "MSR")), 56.08)


if __name__ == "__main__":
    unittest.main()
