"""For this repository and for everyone's cloud code: fixtures, a client in REST words, the engine suite, emulators.

May import every room. Nothing of the server imports it, except `serve`, which starts the local OpenTok.
"""
