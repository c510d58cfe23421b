"""Parts of an encrypted file: parse-server sends the cipher text, here the file's own bytes."""

from tests.web.world import APP


def test_a_part_of_an_encrypted_file(serve):
    web = serve(fileUpload={"enableForPublic": True}, fileKey="a secret key")
    url = web("POST", "/files/a.txt", b"hello world", {**APP, "Content-Type": "text/plain"}).json["url"]
    answer = web("GET", url.partition("/parse")[2], headers={"Range": "bytes=0-4"})
    assert (answer.status_code, answer.data) == (206, b"hello")


def test_a_key_never_stands_in_a_url(serve):
    web = serve(fileKey="a secret key")
    web.create("A", file={"__type": "File", "name": "tfss-a.txt"})
    assert "secret" not in web("GET", "/classes/A").text
