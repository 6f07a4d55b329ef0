"""Pieces of positions as people type them, of which tests make up texts."""

PIECES = [
    "J",
    "10",
    "00",
    "24.0",
    "59",
    "61",
    "150.1",
    "-",
    "−",
    "+",
    " ",
    ":",
    "h",
    "d",
    "m",
    "s",
    "°",
    ",",
    "'",
    "deg",
]
