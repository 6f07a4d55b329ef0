"""A stand-in of the servers, on this machine alone: faithful in addresses, parameters, status codes, files and faults.

For tests and for demonstrations without a network. What it serves is simulated, but for real cutouts where this
machine has some.
"""
