"""What several pages show alike: cards, galleries, plots with their controls.

A part draws what it is given and keeps nothing.
"""
