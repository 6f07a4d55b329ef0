"""How the reference is fitted and how a newcomer is placed on its map."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AtlasConfig:
    """How the reference is fitted and how a newcomer is placed on its map."""

    n_neighbors: int = 30
    min_dist: float = 0.15
    seed: int = 42
    placement: int = 10  # nearest atlas galaxies whose map positions are averaged
    components: int = 20  # principal components of the encoder's features that the second map is made of
    modes: int = 4  # Gaussians that describe the ordinary galaxies, which are not of one kind
    judged: int = 15  # nearest galaxies that a point's neighbours on the map are held against
