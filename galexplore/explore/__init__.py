"""The object that answers, and what people do with its answers: locate, search, label, select, export.

Joins what the rooms below keep apart; knows no page and no command line.
"""
