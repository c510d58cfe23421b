"""Who may say that a user is who he claims to be: one file a provider, `catalog.py` reads the `auth` option.

A provider subclasses `base.Provider`. Tokens are checked with fixed algorithms and a mandatory audience; no address that a client
sent is ever called. May import settings, values, errors; knows nothing of users, stores or requests.
"""
