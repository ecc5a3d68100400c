"""Postgres: the logins and their transactions, the tables, and the one door to chunk text."""
