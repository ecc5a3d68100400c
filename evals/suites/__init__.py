"""The suites: each asks one thing of the product, and says how it knows."""
