"""What a model answers to photographs, from the logits that `vitq eval` writes."""

import ast
import math
import sys
from array import array


def read(path):
    """The rows of a NumPy array `<f4` [images, classes] (NEP 1, version 1.0)."""
    with open(path, "rb") as file:
        magic, length = file.read(8), int.from_bytes(file.read(2), "little")
        header = ast.literal_eval(file.read(length).decode("latin-1"))
        values = array("f")
        values.frombytes(file.read())
    if magic != b"\x93NUMPY\x01\x00" or header["descr"] != "<f4" or header["fortran_order"]:
        raise ValueError(f"{path}: expected a NumPy array '<f4' of version 1.0, found {header}")
    if sys.byteorder == "big":
        values.byteswap()
    images, classes = header["shape"]
    return [values[image * classes:(image + 1) * classes] for image in range(images)]


def best(logits):
    """The class with the largest logit, the first of equal ones."""
    return max(range(len(logits)), key=logits.__getitem__)


def log_probabilities(logits):
    largest = max(logits)
    total = largest + math.log(math.fsum(math.exp(value - largest) for value in logits))
    return array("d", (value - total for value in logits))


def divergence(reference, other):
    """The mean Kullback-Leibler divergence of the answers of `other` from those of `reference`, in nats.

    Both are rows of log-probabilities.
    """
    return math.fsum(
        math.exp(p) * (p - q) for row, second in zip(reference, other) for p, q in zip(row, second)) / len(reference)
