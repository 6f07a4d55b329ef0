"""The reference galaxies: neighbours, maps, rarity, its causes, kinds, and ways through latent space.

Takes latents as arrays and answers in arrays and tables; nothing here knows an image or a network.
"""
