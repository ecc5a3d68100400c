"""Measurements of the product against data, and against what others make of the same data."""
