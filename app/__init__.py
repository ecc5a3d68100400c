"""The service: everything that serves a request."""
