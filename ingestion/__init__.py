"""From a source to the indexes: `pipeline` is the story of a document, `worker` runs it."""
