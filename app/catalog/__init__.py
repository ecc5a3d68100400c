"""What the service knows about sources, their documents and the jobs that index them.

Everything here holds from the commit on: a changed ACL, a deleted document, a removed source.
The work of ingestion is asked for by name, as a job in Postgres; the queue only wakes a worker.
"""
