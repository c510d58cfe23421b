"""HTTP: WSGI environ -> Call -> route -> Reply -> answer. Flask is a thin shell around it (app.py).

server.py holds the order of checks, table.py every route, routes/ the handlers, replies.py all error JSON,
assemble.py the start.
May import everything below; the only room with flask. No rule of Parse lives here that is not about HTTP: those are in rest.
"""
