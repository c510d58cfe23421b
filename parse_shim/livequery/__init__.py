"""LiveQuery: who subscribed to what, and what of a change each of them gets to see (contract/12-livequery.md).

messages.py reads frames, client.py answers them, hub.py turns a change into deliveries; none of these knows a socket.
sockets.py and relay.py do: the clients' WebSockets, and the way to the other workers of this machine.
May import rest and everything below it.
"""
