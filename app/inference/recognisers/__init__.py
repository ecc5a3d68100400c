"""What finds personal data and secrets: presidio's recognisers, and ours for what it lacks."""
