"""Comparisons, each within one run: accuracy beside peers, explanations, real galaxies, speed.

May import anything below; nothing imports a bench but the command line.
"""
