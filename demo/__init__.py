"""The demo company: documents of a company that does not exist, and their way in over HTTP."""
