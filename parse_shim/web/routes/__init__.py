"""One file a family of URLs; a handler is (Context, Call, parts of the path) -> Reply and calls one operation of rest.

A new family is a file here with its ROUTES and a row in web/table.py. May import rest and web, never flask.
"""
