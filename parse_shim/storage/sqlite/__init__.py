"""SQLite, embedded: a table a class, each object as the JSON that answers show. A file, or memory.

The only room that imports apsw. May import classes, query, update, values, errors, and storage's shared files.
"""
