"""VIDEO: OpenTok sessions, tokens, monitoring callbacks.

`base.py` has the `VideoService` protocol and its one error; `client.py` is the real service and the only file that
imports `opentok`; `fake.py` is the same interface in memory. `tokens.py` and `callbacks.py` are pure.
May import the rooms below (errors, ids); never storage, rest or flask. No import here touches the network.
"""
