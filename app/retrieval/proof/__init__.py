"""The proof that the database enforces the scope, before the service starts and ever again.

`roles`, `policies`, `grants`, `statistics`, `indexes`, `surroundings` and `functions` read from
the catalog that the schema is what this version makes; `canary` plants text that nobody may read,
`without_scope`, `bad_seals` and `left_behind` try to read it in every forbidden way; `proof` does
all of it, `watch` does that again and again. Every finding is a sentence that names the thing and
says what to do.
"""
