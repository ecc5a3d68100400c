"""The record: written before anything is released, read by compliance staff only."""
