"""Bytes inside objects and lists: parse-server gives back an object of its driver, here Bytes."""


def test_bytes_at_any_depth(web):
    data = {"__type": "Bytes", "base64": "AAEC"}
    web.create("A", o={"inner": data}, l=[data])
    assert [(row["o"]["inner"], row["l"]) for row in web.rows("A")] == [(data, [data])]
