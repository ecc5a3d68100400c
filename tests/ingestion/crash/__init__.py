"""Everything that ingestion stands on is killed, again and again, while it works."""
