"""Requests over HTTP that connectors make: one way out, to addresses that may be reached alone."""
