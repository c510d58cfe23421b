"""Parts of files: parse-server's `Content-Range` is one off, a part beyond the end is an empty 206, a reversed one is
turned round; here it is right, 416, and the whole file.
"""

import pytest

from tests.web.world import APP


@pytest.mark.parametrize(
    ("asked", "status", "data", "told"),
    [
        ("bytes=0-4", 206, b"hello", "bytes 0-4/11"),
        ("bytes=6-", 206, b"world", "bytes 6-10/11"),
        ("bytes=-5", 206, b"world", "bytes 6-10/11"),
        ("bytes=0-100", 206, b"hello world", "bytes 0-10/11"),
        ("bytes=100-200", 416, b"", "bytes */11"),
        ("bytes=5-2", 200, b"hello world", None),
    ],
)
def test_a_part_of_a_file(serve, asked, status, data, told):
    web = serve(fileUpload={"enableForPublic": True})
    url = web("POST", "/files/a.txt", b"hello world", {**APP, "Content-Type": "text/plain"}).json["url"]
    answer = web("GET", url.partition("/parse")[2], headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, told)
    assert status == 416 or answer.data == data
