"""Compares the preprocessing of a folder of photographs with timm's, bit for bit.

    python bench/preprocessing/compare.py ../shared/imagenet/images

Writes the checksums of timm's crops and tensors to a file, then runs the test that makes the same
from the same photographs with vitq and compares. Needs timm, torchvision and Pillow 13.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import zlib

from PIL import Image
from timm.data.transforms_factory import transforms_imagenet_eval

RECIPES = [
    {"input_size": (3, 224, 224), "crop_pct": 0.9, "crop_mode": "center", "interpolation": "bicubic"},
    {"input_size": (3, 256, 256), "crop_pct": 0.95, "crop_mode": "center", "interpolation": "bilinear"},
    {"input_size": (3, 384, 384), "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bicubic"},
]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def transforms(recipe):
    options = {key: value for key, value in recipe.items() if key != "input_size"}
    size = recipe["input_size"][1:]
    crop = transforms_imagenet_eval(size, normalize=False, **options)
    return crop, transforms_imagenet_eval(size, mean=MEAN, std=STD, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--all-recipes", action="store_true", help="not only the first, DeiT's")
    arguments = parser.parse_args()

    lines = []
    for recipe in RECIPES if arguments.all_recipes else RECIPES[:1]:
        crop, normalize = transforms(recipe)
        size = ",".join(map(str, recipe["input_size"]))
        fields = [size, str(recipe["crop_pct"]), recipe["crop_mode"], recipe["interpolation"]]
        for path in sorted(arguments.folder.iterdir()):
            image = Image.open(path).convert("RGB")
            pixels = zlib.crc32(crop(image).permute(1, 2, 0).contiguous().numpy().tobytes())
            tensor = zlib.crc32(normalize(image).contiguous().numpy().astype("<f4").tobytes())
            lines.append("\t".join([str(path.resolve()), *fields, str(pixels), str(tensor)]) + "\n")

    package = pathlib.Path(__file__).resolve().parent.parent.parent
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as checksums:
        checksums.writelines(lines)
        checksums.flush()
        command = ["swift", "test", "-c", "release", "--filter", "PhotographsTests"]
        environment = {**os.environ, "VITQ_TIMM_CHECKSUMS": checksums.name}
        raise SystemExit(subprocess.run(command, cwd=package, env=environment).returncode)


if __name__ == "__main__":
    main()
