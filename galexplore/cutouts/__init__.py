"""A file with an image becomes the model's grid: read, checked, mended, averaged.

Knows files, headers and pixels of one galaxy, and the survey it is told; nothing of tables, latents or networks.
"""
