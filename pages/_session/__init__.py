"""What is kept from run to run: selection, uploads, sliders, labels' owner, the address.

Keys of the session's state are set here and read anywhere.
"""
