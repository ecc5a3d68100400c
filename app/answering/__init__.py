"""From a question to a cited answer: `pipeline` is its story."""
