"""The convolutional VAE: its parts, its recipes, its training, and embedding with it.

The one room of the product that imports torch; what leaves it are arrays and tables.
"""
