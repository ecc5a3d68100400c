"""Each suite misses its bar once a guard is taken away."""
