"""MongoDB, documents exactly as parse-server writes them, so that a database can be opened by either server.

The only room that imports pymongo and bson. May import classes, query, update, values, errors.
"""
