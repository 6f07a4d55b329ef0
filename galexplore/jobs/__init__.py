"""Work that takes minutes to hours: simulate a survey, make a model, teach its explanations, locate many files.

Each job says how far it is, can be killed at any moment, and goes on from there.
"""
