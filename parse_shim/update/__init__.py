"""The __op language: a request body becomes an `Update`, which engines store and `apply` runs on a Doc.

Pure. May import values and errors; a stranger to query.
"""
