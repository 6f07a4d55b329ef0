"""Benchmarks: each compares within one run, so that its ratios hold on any machine."""
