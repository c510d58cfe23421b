"""What a class is: columns, options, permissions; declared, inferred and checked.

Pure (marshmallow is allowed here, for declarations). May import values, query, update, errors.
"""
