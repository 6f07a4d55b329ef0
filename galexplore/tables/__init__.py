"""A file with rows becomes a catalogue, and back: columns, units, names, positions, matching, filters.

Knows columns and what they mean; nothing of pixels or networks.
"""
