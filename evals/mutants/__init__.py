"""Faults planted on purpose: each must be caught by the suite that it belongs to."""
