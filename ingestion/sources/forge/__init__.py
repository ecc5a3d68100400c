"""Issues and merge requests of software forges as sources, with their comments.

`github.py` and `gitlab.py` list and ask, `github_readers.py` and `gitlab_readers.py` say who may
read; `conversation.py` makes texts of what is listed; `client.py` asks, and turns the pages to
which `link_header.py` leads.
"""
