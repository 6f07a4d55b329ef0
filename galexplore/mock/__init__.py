"""The simulated survey: population, light, shapes, rendering, and the local store of pixels."""
