"""The command line: a verb for each job and each bench.

Parses, asks, prints; what is computed is computed below.
"""

from galexplore.places import lend_home

lend_home()
