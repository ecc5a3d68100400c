"""From a sealed scope to passages: search, fuse, and open a document. Takes only a Scope."""
