"""Where objects live: one Engine protocol, three engines that are strangers to each other (memory, sqlite, mongo).

May import classes, query, update, values, errors. Never sees Auth, Flask, JSON of requests or settings.
"""
