"""The simulated survey: who is there, their light and shapes, what is measured, and each row as a picture.

Everything follows from a row and a seed; where pictures are kept is the business of `sources`.
"""
