"""The where language: where JSON is read once (`parse`) into the tree of `ast`; everything after works on the tree.

Pure: no I/O, no schema knowledge (that is classes/bind.py). May import values and errors.
"""
