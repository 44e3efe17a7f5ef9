"""Compares vitq's logits with timm's, image by image.

    compare.py timm.safetensors vitq.npy

Prints the largest difference as a fraction of the largest |logit| of its image, the images within 1e-4, and the images
with another arg-max. Exits with 1 if an image is outside.
"""

import sys

import numpy as np
from safetensors.numpy import load_file

TOLERANCE = 1e-4


def main():
    expected, found = load_file(sys.argv[1])["logits"], np.load(sys.argv[2])
    assert expected.shape == found.shape, f"expected {expected.shape}, found {found.shape}"
    relative = np.abs(expected - found).max(1) / np.abs(expected).max(1)
    within = int((relative <= TOLERANCE).sum())
    differing = int((expected.argmax(1) != found.argmax(1)).sum())
    print(f"largest difference {relative.max():.2e} of the largest |logit|")
    print(f"{within} of {len(relative)} images within {TOLERANCE:g}; {differing} with another arg-max")
    sys.exit(within != len(relative))


if __name__ == "__main__":
    main()
