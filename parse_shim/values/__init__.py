"""What Parse values are: types, their JSON forms, equality and order, geometry, dotted paths.

Pure: no I/O, no settings, no schema. May import errors and ids.
A `Doc` holds Python values under wire names; JSON exists only at the edges (`codec`).
"""
