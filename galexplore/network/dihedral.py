"""The eight symmetries of a square frame, which the sky does not tell apart: images turned, and angles with them."""

import itertools

from torch import Tensor

#: The eight flips and transpositions of the square: (transpose, flip rows, flip columns).
DIHEDRAL = tuple(itertools.product((False, True), (False, True), (False, True)))


def turn(images: Tensor, move: tuple[bool, bool, bool]) -> Tensor:
    """Apply one element of `DIHEDRAL` to images (..., H, W): the flips first, then the transposition."""
    transpose, rows, columns = move
    axes = [axis for axis, flip in ((-2, rows), (-1, columns)) if flip]
    images = images.flip(axes) if axes else images
    return images.transpose(-1, -2) if transpose else images


def turn_vector(vector: Tensor, move: tuple[bool, bool, bool]) -> Tensor:
    """Turn (cos 2phi, sin 2phi), shape (..., 2), as `turn` turns the image; each move here is its own inverse.

    With the major axis along (-sin phi, cos phi), a flip sends phi to -phi and a transposition to pi/2 - phi: in
    double angles, one component changes its sign.
    """
    transpose, rows, columns = move
    return vector * vector.new_tensor([-1.0 if transpose else 1.0, -1.0 if rows != columns else 1.0])
