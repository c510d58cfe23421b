"""The engine in greenlets: a call waits alone, a transaction belongs to one greenlet."""

import subprocess
import sys
import textwrap

SCRIPT = """
    from gevent import monkey
    monkey.patch_all()
    import sys, gevent
    from parse_shim.query.ast import EVERYTHING, Eq
    from parse_shim.storage.mongo.engine import MongoEngine
    from parse_shim.testing.contract.common import a_class, a_doc
    from parse_shim.update.ops import Increment

    engine = MongoEngine(sys.argv[1])
    engine.schema_version()
    cls = engine.save_class(a_class(n="Number"))
    engine.insert(cls, a_doc("a", n=0))
    one = lambda: engine.update(cls, Eq("objectId", "a"), {"n": Increment(1)})
    gevent.joinall([gevent.spawn(one) for _ in range(50)], raise_error=True)

    inside, done = gevent.event.Event(), gevent.event.Event()

    def transaction():
        with engine.transaction():
            engine.insert(cls, a_doc("b", n=0))
            inside.set()
            done.wait()
            assert engine.count(cls, EVERYTHING) == 2

    def other():
        inside.wait()
        assert engine.count(cls, EVERYTHING) == 1
        done.set()

    gevent.joinall([gevent.spawn(transaction), gevent.spawn(other)], raise_error=True)
    assert engine.count(cls, EVERYTHING) == 2
    print(engine.find(cls, Eq("objectId", "a"))[0]["n"])
    engine.close()
"""


def test_greenlets_do_not_disturb_each_other(mongo_uri):
    script = textwrap.dedent(SCRIPT).replace("import sys, gevent\n", "import sys, gevent, gevent.event\n")
    run = subprocess.run([sys.executable, "-c", script, mongo_uri], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout.strip(), run.returncode) == ("50", 0), run.stderr
