"""Where images and tables come from: the mock's store, files; whatever asks a network stands here alone.

Each source is one of `galexplore.images`; transports are handed in, so that tests never patch.
"""
