"""Labelled photographs to measure on, and unlabelled ones that stand for real calibration data."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import store

SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Photographs:
    """A list of labelled photographs that `vitq eval` reads."""

    list: Path
    classes: tuple[int, ...]
    digest: str


def labelled(path):
    """The rows (file, class) of a labels.csv, or of a folder that holds one."""
    path = Path(path)
    path = path / "labels.csv" if path.is_dir() else path
    with open(path, newline="") as file:
        table = csv.DictReader(file)
        names = table.fieldnames or []
        if not {"file", "class_index"} <= set(names):
            raise SystemExit(f"accuracy: {path}: heading: expected file,class_index, found {','.join(names) or 'nothing'}")
        rows = []
        for row in table:
            if not (row["class_index"] or "").isdecimal():
                raise SystemExit(
                    f"accuracy: {path}: line {table.line_num}: expected the number of a class, found {row['class_index']!r}")
            rows.append((path.parent / row["file"], int(row["class_index"])))
    if not rows:
        raise SystemExit(f"accuracy: {path}: expected photographs, found a heading alone")
    return rows


def evaluation(path, limit, left_out, folder):
    """Photographs to measure on.

    limit: at most as many, spread over the list in an order that is the same everywhere.
    left_out: digests of photographs that are not measured on.
    folder: where the list is kept.
    """
    rows = [(file.resolve(), store.file_digest(file), label) for file, label in labelled(path)]
    rows = [row for row in rows if row[1] not in left_out]
    if not rows:
        raise SystemExit(f"accuracy: {path}: every photograph is among those of --calib-images")
    if limit and limit < len(rows):
        kept = set(sorted(range(len(rows)), key=lambda index: _place(rows[index][1], 0))[:limit])
        rows = [row for index, row in enumerate(rows) if index in kept]
    name = store.digest([row[1:] for row in rows])
    text = "file,class_index\n" + "".join(f"{file},{label}\n" for file, _, label in rows)
    target = (folder / f"{name}.csv").resolve()
    store.write(target, text)
    return Photographs(target, tuple(row[2] for row in rows), name)


class Calibration:
    """Photographs of a folder, from which every seed draws its own."""

    def __init__(self, folder):
        files = sorted(file for file in Path(folder).iterdir() if file.suffix.lower() in SUFFIXES)
        if not files:
            raise SystemExit(f"accuracy: {folder}: expected PNG or JPEG images, found none")
        self.files = {store.file_digest(file): file.resolve() for file in files}

    def drawn(self, seed, count):
        """The digests of the photographs of a seed."""
        if count > len(self.files):
            raise SystemExit(f"accuracy: --calib-images: expected at least {count} photographs, found {len(self.files)}")
        return sorted(self.files, key=lambda digest: _place(digest, seed))[:count]

    def link(self, digests, folder):
        """A folder with these photographs alone."""
        target = folder / f"calibration-{store.digest(digests)}"
        target.mkdir(exist_ok=True)
        for index, digest in enumerate(digests):
            link = target / f"{index:04}{self.files[digest].suffix.lower()}"
            link.unlink(missing_ok=True)
            link.symlink_to(self.files[digest])
        return target


def _place(digest, seed):
    return hashlib.sha256(f"{seed} {digest}".encode()).digest()
