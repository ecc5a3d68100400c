"""The embedded Postgres, Valkey and vLLM, our own worker and web service, and their supervision.

Each part says how it is prepared, started and found healthy; `supervisor` keeps them running.
A part whose URL is set in the settings is not started.
"""
