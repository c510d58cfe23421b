"""The operations of the server. No Flask: a Context and plain values in, Docs and plain values out.

The only room where auth, hooks and storage meet. May import everything below it, never livequery or web.
One read path (read.py) and one write path (write.py): REST, batch, cloud code, LiveQuery and tests all go through them.
"""
