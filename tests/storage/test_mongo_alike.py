"""Finds and inserts of many greenlets give what they give one by one, in fewer commands."""

import subprocess
import sys
import textwrap

BEGIN = """
    from gevent import monkey
    monkey.patch_all()
    import random, sys
    import gevent, gevent.event, pymongo.monitoring
    from parse_shim.errors import DuplicateKey, EngineError, ParseError
    from parse_shim.query.ast import And, Eq, Readable
    from parse_shim.query.options import FindOptions
    from parse_shim.storage.mongo.engine import MongoEngine
    from parse_shim.testing.contract.common import a_class, a_doc, fill
    from parse_shim.values.types import Pointer

    class Commands(pymongo.monitoring.CommandListener):
        def __init__(self): self.names = []
        def started(self, event): self.names.append(event.command_name)
        def succeeded(self, event): pass
        def failed(self, event): pass

    commands = Commands()
    pymongo.monitoring.register(commands)
    engine = MongoEngine(sys.argv[1])

    def outcome(work):
        try:
            return work()
        except EngineError as error:
            return type(error).__name__
        except ParseError as error:
            return error.code

    def at_once(works):
        commands.names.clear()
        jobs = [gevent.spawn(outcome, work) for work in works]
        gevent.joinall(jobs, raise_error=True)
        return [job.value for job in jobs]
"""

FINDS = """
    chance = random.Random(5)
    names, users = ["a", "b", "c", "d", ""], ["u1", "u2"]
    acls = [None, {"*": {"read": True}}, {"u1": {"read": True}}, {"u2": {"read": True}, "u1": {"write": True}}, {}]

    def a_thing(number):
        found = a_doc(f"o{number}", name=chance.choice([*names, None]), owner=Pointer("_User", chance.choice(users)))
        acl = chance.choice(acls)
        return found if acl is None else {**found, "ACL": acl}

    cls = fill(engine, a_class(name="String", owner="Pointer<_User>"), [a_thing(number) for number in range(60)])

    def a_find():
        first = chance.choice([
            Eq("objectId", f"o{chance.randrange(70)}"), Eq("name", chance.choice([*names, "none"])),
            Eq("owner", Pointer("_User", chance.choice(users))), Eq("name", None), Eq("objectId", "0123456789abcdef01234567"),
        ])
        who = chance.choice([None, ("*",), ("*", "u1"), ("*", "u2", "role:x"), ()])
        where = first if who is None else And((first, Readable(who)))
        options = FindOptions(limit=chance.choice([1, 2, 50, 100, None]), skip=chance.choice([0, 0, 0, 0, 0, 1]))
        ask = chance.choice([engine.find, engine.find_json])
        return lambda: ask(cls, where, options)

    sent = 0
    for _ in range(20):
        finds = [a_find() for _ in range(30)]
        expected = [find() for find in finds]
        assert at_once(finds) == expected
        sent += len(commands.names)
    assert sent < 20 * 26
"""

MANY_ROWS = """
    cls = fill(engine, a_class(name="String"), [])
    engine.insert_all(cls, [a_doc(f"o{number:03}", name="same" if number % 2 else "other") for number in range(300)])
    find = lambda name, limit: lambda: [doc["objectId"] for doc in engine.find(cls, Eq("name", name), FindOptions(limit=limit))]
    finds = [find("same", 100), find("other", 70), find("none", 100), find("same", 3)] * 4
    expected = [one() for one in finds]
    assert [len(found) for found in expected[:4]] == [100, 70, 0, 3]
    assert at_once(finds) == expected
    assert at_once(finds) == expected
    assert len(commands.names) == len(finds)
"""

OTHERS_WROTE = """
    cls = fill(engine, a_class(name="String"), [])
    engine.connection.collection("Thing").insert_many([{"_id": "x", "name": ["a", "b"]}, {"_id": "y", "name": "a", "_rperm": "u1"}])
    finds = [lambda name=name: engine.find(cls, Eq("name", name), FindOptions(limit=10)) for name in "abcab"]
    assert at_once(finds) == [find() for find in finds]
    finds = [lambda: engine.find(cls, And((Eq("objectId", "y"), Readable(("u1",)))), FindOptions(limit=1))] * 5
    assert at_once(finds) == [find() for find in finds]
"""

INSERTS = """
    cls = fill(engine, a_class(name="String", n="Number"), [a_doc("taken", name="before")])
    docs = [a_doc(f"o{number}", n=number) for number in range(20)]
    docs[3] = docs[9] = a_doc("taken", name="again")
    docs[5] = a_doc("o4", name="twice")
    docs[7] = a_doc("long", name="x" * 17_000_000)
    docs[8] = a_doc("longer", name="x" * 200_000)
    docs[11] = a_doc("bad", data={"a\\0b": 1})
    insert = lambda doc: lambda: engine.insert(cls, doc)
    expected = [None] * 20
    expected[3] = expected[5] = expected[9] = "DuplicateKey"
    expected[7] = expected[11] = "Refused"
    assert at_once([insert(doc) for doc in docs]) == expected
    assert commands.names.count("insert") < 10, commands.names
    stored = {doc["objectId"] for doc in engine.find(cls, And(()))}
    assert stored == {doc["objectId"] for doc, error in zip(docs, expected) if error is None} | {"taken"}
"""

STOPPED = """
    cls = fill(engine, a_class(name="String"), [a_doc(f"o{number}", name="a") for number in range(9)])
    find = lambda number: lambda: [doc["objectId"] for doc in engine.find(cls, Eq("objectId", f"o{number}"), FindOptions(limit=1))]
    jobs = [gevent.spawn(find(number)) for number in range(9)]
    gevent.sleep(0)
    gevent.sleep(0)
    jobs[1].kill(block=False)  # the first is alone, the second asks for the others
    gevent.joinall(jobs)
    assert [job.value for number, job in enumerate(jobs) if number != 1] == [[f"o{number}"] for number in range(9) if number != 1]
"""


def run(mongo_uri, part):
    script = textwrap.dedent(BEGIN) + textwrap.dedent(part) + "engine.close()\nprint('done')\n"
    done = subprocess.run([sys.executable, "-c", script, mongo_uri], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("done", 0), done.stderr


def test_finds_of_one_moment_give_what_each_gives_alone(mongo_uri):
    run(mongo_uri, FINDS)


def test_with_many_rows_each_is_asked_alone(mongo_uri):
    run(mongo_uri, MANY_ROWS)


def test_what_other_programs_wrote_is_found_as_alone(mongo_uri):
    run(mongo_uri, OTHERS_WROTE)


def test_inserts_of_one_moment_have_their_own_outcomes(mongo_uri):
    run(mongo_uri, INSERTS)


def test_the_others_are_answered_when_the_first_is_stopped(mongo_uri):
    run(mongo_uri, STOPPED)
