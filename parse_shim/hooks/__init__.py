"""Cloud code: decorators that mark, the registry that collects, requests, validators, and how a hook is run.

May import sdk and everything below it. Knows no HTTP, no engine: rest/ builds requests and hands in a Session.
"""
