"""A tiny plan on the package's own ViT: killed, gone on with, and the same bytes as a run that was not.

Needs the built programs; VITQ names another `vitq` than .build/release/vitq.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from tool import ROOT

HERE = Path(__file__).resolve().parent
VITQ = Path(os.environ.get("VITQ") or ROOT / ".build" / "release" / "vitq")
FIXTURE = ROOT / "fixtures" / "tiny-vit"
PLAN = [
    "--models", "tiny-vit", "--tables", "2", "3", "--sources", "noise", "sardfq", "--learners", "best", "--bits", "W4A4",
    "--seeds", "0", "--images", "2", "--steps", "2", "--iterations", "2", "--photos", "20"]
CELLS = 9  # noise and the eight rows of the ablation, SARDFQ among them


@unittest.skipUnless(VITQ.is_file(), f"{VITQ} is not built")
class Resume(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, output, *words):
        environment = dict(os.environ, SOURCE_DATE_EPOCH="0")
        return subprocess.Popen(
            [sys.executable, HERE / "accuracy.py", *words, "-o", self.folder / output], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_whole(self, output, *words):
        process = self.start(output, *words)
        report, log = process.communicate()
        self.assertEqual(process.returncode, 0, log)
        return report, log

    def results(self, output):
        return {path.name: path.stat().st_mtime_ns for path in (self.folder / output / "cells").glob("*.json")}

    def bytes(self, output):
        return [(self.folder / output / name).read_bytes() for name in ("accuracy.json", "accuracy.md")]

    def test_killed_runs_go_on_to_the_same_bytes(self):
        _, log = self.run_whole("whole", *PLAN)
        self.assertIn(f"[{CELLS} of {CELLS}]", log)
        for stop in (1, 4):
            process = self.start("killed", *PLAN)
            while len(self.results("killed")) <= stop and process.poll() is None:
                time.sleep(0.02)
            time.sleep(0.3)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            self.assertEqual(process.returncode, -signal.SIGKILL)
        before = self.results("killed")
        _, log = self.run_whole("killed", *PLAN)
        after = self.results("killed")
        self.assertEqual({name: after[name] for name in before}, before, "a finished result was made again")
        self.assertEqual(log.count("[1 of "), 1)
        self.assertNotIn(f"of {CELLS}]", log)
        self.assertEqual(self.bytes("killed"), self.bytes("whole"))

        _, log = self.run_whole("killed", *PLAN)
        self.assertEqual(log, "", "a run with all results there made something")
        self.assertEqual(self.bytes("killed"), self.bytes("whole"))

        said = json.loads(self.bytes("whole")[0])
        self.assertEqual((said["done"], said["wanted"], len(said["figures"])), (CELLS, CELLS, CELLS + 1))
        self.assertEqual({figure["photographs"] for figure in said["figures"]}, {20})

    def test_photographs_to_calibrate_with_are_not_measured_on(self):
        calibration = self.folder / "calibration"
        calibration.mkdir()
        for path in sorted((FIXTURE / "images").iterdir())[::40]:
            (calibration / path.name).symlink_to(path)
        report, _ = self.run_whole(
            "real", "--models", FIXTURE / "tiny-vit.h5", "--images-dir", FIXTURE, "--calib-images", calibration, "--tables", "2",
            "--sources", "real", "--learners", "best", "--bits", "3/4", "--seeds", "0", "1", "--images", "3")
        said = json.loads((self.folder / "real" / "accuracy.json").read_text())
        (figure,) = said["figures"]
        self.assertEqual((figure["column"], figure["bits"], figure["photographs"]), ("real", "3/4", 195))
        self.assertIn("Photographs: 195 for tiny-vit", report)

    def test_speed(self):
        words = ["--models", "tiny-vit", "--tables", "8", "--learners", "best", "--runs", "2", "--photos", "2"]
        self.run_whole("speed", *words)
        first = self.bytes("speed")
        self.run_whole("speed", *words)
        self.assertEqual(self.bytes("speed"), first)
        (row,) = json.loads(first[0])["efficiency"]
        self.assertLess(row["low"]["file_bytes"], row["full"]["file_bytes"] / 4)

    def test_a_folder_is_one_run_s_at_a_time(self):
        first = self.start("shared", *PLAN)
        while not (self.folder / "shared" / "scratch").is_dir() and first.poll() is None:
            time.sleep(0.02)
        time.sleep(0.2)
        second = self.start("shared", *PLAN)
        _, log = second.communicate()
        first.kill()
        first.communicate()
        self.assertEqual(second.returncode, 1)
        self.assertIn("another run is working in this folder", log)


if __name__ == "__main__":
    unittest.main()
