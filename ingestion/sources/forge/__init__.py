"""Issues and pull requests of software forges as sources, with their comments.

`github.py` lists and asks, and `github_readers.py` says who may read; `conversation.py` makes texts
of what is listed; `client.py` asks, and turns the pages to which `link_header.py` leads.
"""
