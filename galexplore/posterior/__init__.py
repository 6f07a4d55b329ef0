"""What an image says of a galaxy, and how honest that is: intervals, scores, the free latent's meaning.

Takes tables of latents and labels; nothing here knows how they were inferred.
"""
