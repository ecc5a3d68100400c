"""Who is asking: local accounts with passwords, and bearer tokens."""
