"""A JSON upload without `base64`: parse-server 500, here 400."""

import json


def test_an_upload_needs_data(serve):
    web = serve(fileUpload={"enableForPublic": True})
    body = {"_ApplicationId": "app", "_ContentType": "text/plain"}
    answer = web("POST", "/files/a.txt", json.dumps(body), {"Content-Type": "application/json"})
    assert (answer.status_code, "error" in answer.json) == (400, True)
