"""`python -m app.cli` is the `portcullis` command."""

from app.cli.command import main

main()
