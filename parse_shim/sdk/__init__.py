"""What cloud code holds in its hands: Object, Query, User, File, Config ... over the same core, without HTTP.

May import values, query, update, classes, settings, log and video; rest/ hands in a Session. Never touches storage or Flask.
"""
