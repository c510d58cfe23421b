"""MongoDB's aggregation pipelines run in Python, for the engines without a database that could (memory, SQLite).

Objects take the stored form of contract/05 (`_id`, `_created_at`, `_p_owner: "Class$id"`, points as [lng, lat]), so that a
pipeline written for MongoDB means the same here. May import what storage may.
"""

from parse_shim.storage.pipeline.run import run_pipeline

__all__ = ["run_pipeline"]
