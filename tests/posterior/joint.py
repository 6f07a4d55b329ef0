"""Joint posteriors of which everything is known by brute force."""

import numpy as np

from galexplore.posterior.joint import JointPosterior


def draw_posterior(seed: int = 0, batch: tuple[int, ...] = (), components: int = 3, prior=None) -> JointPosterior:
    """A mixture as a galaxy might have: redshift near 0.15, mass near 10, a wide SFR, all correlated."""
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.full(components, 2.0), batch or None)
    spread = np.array([0.2, 0.3, 0.8])
    means = np.array([-1.9, 10.0, -0.3]) + generator.normal(size=(*batch, components, 3)) * spread
    root = generator.normal(size=(*batch, components, 3, 3)) * 0.15 * (1 + spread[:, None])
    return JointPosterior(weights, means, root @ np.swapaxes(root, -1, -2) + 0.01 * np.eye(3), prior)


#: The density of the galaxies that taught it: one broad Gaussian.
PRIOR = JointPosterior(np.ones(1), np.array([[-1.5, 10.2, -0.2]]), np.diag([1.0, 0.8, 2.0])[None])
