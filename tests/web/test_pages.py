"""The pages behind the links in mails."""

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from parse_shim.testing.adapters import AcceptingMail
from tests.web.world import APP, Web, error

MAIL = {"appName": "Test & Co", "publicServerURL": "http://pub/parse", "emailAdapter": AcceptingMail()}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
XHR = {**FORM, "X-Requested-With": "XMLHttpRequest"}
BASE = "http://pub/parse/apps"


def server(**options: Any) -> Web:
    return Web(**{**MAIL, "verifyUserEmails": True, **options})


def user(web: Web) -> dict[str, Any]:
    """Ann's row with its tokens."""
    return next(iter(web.engine._tables["_User"].values()))


def ann(web: Web) -> dict[str, Any]:
    web("POST", "/users", {"username": "ann", "password": "secret", "email": "ann@x.org"})
    return user(web)


def reset_token(web: Web) -> str:
    ann(web)
    assert web("POST", "/requestPasswordReset", {"email": "ann@x.org"}).status_code == 200
    return str(user(web)["_perishable_token"])


def page(web: Web, path: str, **more: Any) -> TestResponse:
    return web("GET", f"/apps/{path}", headers=more.pop("headers", {}), **more)


def post(web: Web, path: str, form: str, headers: dict[str, str] = FORM) -> TestResponse:
    return web("POST", f"/apps/app/{path}", form, headers)


class TestVerify:
    def test_a_good_link_works_once(self) -> None:
        web = server()
        token = ann(web)["_email_verify_token"]
        first, second = (page(web, f"app/verify_email?token={token}") for _ in range(2))
        assert (first.status_code, first.mimetype) == (200, "text/html")
        assert b"is confirmed" in first.data and b"does not work" in second.data
        assert user(web)["emailVerified"] is True

    @pytest.mark.parametrize("query", ["", "?token=", "?token=nope", "?token=a&token=b", "?token[$regex]=."])
    def test_bad_links_get_a_page_too(self, query: str) -> None:
        answer = page(server(), f"app/verify_email{query}")
        assert (answer.status_code, b"does not work" in answer.data) == (200, True)

    def test_another_application_is_unauthorized(self) -> None:
        assert error(page(server(), "other/verify_email?token=x")) == (403, None, "unauthorized")

    @pytest.mark.parametrize(("tells", "name"), [(True, "send_success"), (False, "send_fail")])
    def test_the_resend_form_redirects(self, tells: bool, name: str) -> None:
        web = server(emailVerifySuccessOnInvalidEmail=tells)
        answer = post(web, "resend_verification_email", "username=nobody")
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(f"{BASE}/email_verification_{name}.html?")
        assert page(web, f"email_verification_{name}.html").status_code == 200

    def test_resending_replaces_the_token(self) -> None:
        web = server()
        token = ann(web)["_email_verify_token"]
        post(web, "resend_verification_email", f"token={token}")
        assert user(web)["_email_verify_token"] != token


class TestReset:
    def test_the_form_holds_the_token_and_says_so_in_headers(self) -> None:
        web = server()
        token = reset_token(web)
        answer = page(web, f"app/request_password_reset?token={token}&locale=de-AT")
        assert f'name="token" value="{token}"'.encode() in answer.data
        wanted = {"appid": "app", "appname": "Test & Co", "publicserverurl": "http://pub/parse", "token": token, "locale": "de-AT"}
        assert {name: answer.headers[f"x-parse-page-param-{name}"] for name in wanted} == wanted
        assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")

    @pytest.mark.parametrize("token", ["", "nope"])
    def test_a_bad_link_gets_another_page(self, token: str) -> None:
        answer = page(server(), f"app/request_password_reset?token={token}")
        assert (answer.status_code, b"does not work" in answer.data) == (200, True)

    def test_the_new_password_works_and_the_link_does_not_work_again(self) -> None:
        web = server()
        token = reset_token(web)
        first, second = (post(web, "request_password_reset", f"token={token}&new_password=other") for _ in range(2))
        assert (first.status_code, b"was changed" in first.data) == (200, True)
        assert (second.status_code, b'type="password"' in second.data) == (200, True)
        said = second.headers["x-parse-page-param-error"]
        assert said == "Failed to reset password: username / email / token is invalid"
        assert web("POST", "/login", {"username": "ann", "password": "other"}).status_code == 200

    @pytest.mark.parametrize("form", ["", "token=x", "new_password=x"])
    def test_missing_fields_redirect(self, form: str) -> None:
        answer = post(server(), "request_password_reset", form)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(f"{BASE}/password_reset_link_invalid.html?")

    @pytest.mark.parametrize(
        ("form", "code", "text"),
        [
            ("", -1, "Missing token"),
            ("token=x", 201, "Missing password"),
            ("token=x&new_password=y", -1, "Failed to reset password: username / email / token is invalid"),
        ],
    )
    def test_scripts_get_json(self, form: str, code: int, text: str) -> None:
        assert error(post(server(), "request_password_reset", form, XHR)) == (400, code, text)

    def test_scripts_hear_of_success(self) -> None:
        web = server()
        answer = post(web, "request_password_reset", f"token={reset_token(web)}&new_password=other", XHR)
        assert (answer.status_code, answer.json) == (200, "Password successfully reset")

    def test_the_policy_is_told_on_the_form(self) -> None:
        web = server(passwordPolicy={"validatorPattern": "^.{8}", "validationError": "too <short>"})
        web("POST", "/users", {"username": "ann", "password": "longenough", "email": "ann@x.org"})
        web("POST", "/requestPasswordReset", {"email": "ann@x.org"})
        token = user(web)["_perishable_token"]
        answer = post(web, "request_password_reset", f"token={token}&new_password=x")
        assert b"too &lt;short&gt;" in answer.data
        assert answer.headers["x-parse-page-param-error"] == "too <short>"


class TestSafety:
    def test_what_a_visitor_sends_is_escaped(self) -> None:
        answer = page(server(), "choose_password?appId=app&token=%22%3E%3Cscript%3E&username=%3Cb%3E&error=%3Ci%3E")
        assert b"<script>" not in answer.data and b"<i>" not in answer.data
        assert b"&quot;&gt;&lt;script&gt;" in answer.data

    def test_no_header_can_be_smuggled_in(self) -> None:
        answer = page(server(), "choose_password?appId=app&token=a%0d%0aX-Att:1")
        assert "X-Att" not in answer.headers
        assert answer.headers["x-parse-page-param-token"] == "aX-Att:1"

    def test_names_of_the_application_come_from_the_settings(self) -> None:
        answer = page(server(), "password_reset_success.html?appName=Evil&publicServerUrl=http://evil&appId=evil")
        assert b"Evil" not in answer.data and b"evil" not in answer.data

    @pytest.mark.parametrize(
        "path", ["..%2f..%2fapp.py", "../../app.py", "%2e%2e/site.py", "render.py", "%00", "nope.html", "a/b", "..%5c..%5capp.py", "."]
    )
    def test_no_path_leaves_the_folder(self, path: str) -> None:
        answer = page(server(), path)
        assert (answer.status_code, answer.data) == (404, b"Not found.")

    @pytest.mark.parametrize("locale", ["../..", "..%2f..", "de/../..", "%00"])
    def test_a_locale_is_no_path(self, locale: str) -> None:
        web = server(pages={"enableLocalization": True})
        assert page(web, f"password_reset_success.html?locale={locale}").status_code == 404

    def test_errors_for_scripts_need_no_name_or_address(self) -> None:
        answer = post(server(appName=None, verifyUserEmails=False), "request_password_reset", "token=&new_password=x", XHR)
        assert error(answer) == (400, -1, "Missing token")

    def test_choosing_a_password_for_another_application_is_refused(self) -> None:
        assert page(server(), "choose_password?appId=other").status_code == 403

    @pytest.mark.parametrize("missing", ["appName", "publicServerURL"])
    def test_without_a_name_or_address_there_are_no_pages(self, missing: str) -> None:
        web = Web(**{**MAIL, missing: None})
        answer = page(web, "app/verify_email?token=x")
        assert (answer.status_code, answer.data) == (404, b"Not found.")


class TestChoices:
    def test_another_endpoint(self) -> None:
        web = server(pages={"pagesEndpoint": "site"})
        assert web("GET", "/site/app/verify_email?token=x", headers={}).status_code == 200
        assert web("GET", "/apps/app/verify_email?token=x", headers=APP).status_code == 404

    def test_custom_urls_are_redirected_to_with_the_parameters(self) -> None:
        web = server(pages={"customUrls": {"emailVerificationLinkInvalid": "https://my.app/bad?x=1"}})
        answer = page(web, "app/verify_email?token=nope")
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("https://my.app/bad?x=1&token=nope&appId=app&appName=Test+%26+Co")

    def test_the_old_custom_pages(self) -> None:
        answer = page(server(customPages={"invalidLink": "https://my.app/bad"}), "app/request_password_reset?token=nope")
        assert answer.headers["Location"].startswith("https://my.app/bad?")

    def test_force_redirect(self) -> None:
        answer = page(server(pages={"forceRedirect": True}), "app/verify_email?token=nope")
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith(f"{BASE}/email_verification_link_invalid.html?token=nope&")

    def test_encoded_headers(self) -> None:
        answer = page(server(pages={"encodePageParamHeaders": True}), "app/verify_email?token=nope")
        assert answer.headers["x-parse-page-param-appname"] == "Test%20%26%20Co"

    @pytest.mark.parametrize(("locale", "text"), [("de-AT", "de-AT"), ("de-CH", "de"), ("fr", "plain"), ("", "plain")])
    def test_own_pages_in_the_nearest_language(self, tmp_path: Path, locale: str, text: str) -> None:
        for folder in ("", "de", "de-AT"):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / "password_reset_success.html").write_text(f"{folder or 'plain'}|{{{{appName}}}}")
        web = server(pages={"pagesPath": str(tmp_path), "enableLocalization": True})
        answer = page(web, f"password_reset_success.html?locale={locale}")
        assert answer.text == f"{text}|Test &amp; Co"

    def test_translations_and_placeholders_fill_templates(self, tmp_path: Path) -> None:
        (tmp_path / "password_reset_success.html").write_text("{{hello}} {{{logo}}} {{{token}}} {{#error}}E{{/error}}{{^error}}-{{/error}}")
        texts = {"en": {"translation": {"hello": "Hi from {{appName}}"}}, "de": {"translation": {"hello": "Hallo"}}}
        (tmp_path / "texts.json").write_text(json.dumps(texts))
        options = {
            "pagesPath": str(tmp_path), "enableLocalization": True, "localizationJsonPath": str(tmp_path / "texts.json"),
            "placeholders": {"logo": "<b>"},
        }  # fmt: skip
        web = server(pages=options)
        assert page(web, "password_reset_success.html?locale=de&token=%3Cb%3E").text == "Hallo <b> &lt;b&gt; -"
        assert page(web, "password_reset_success.html").text.startswith("Hi from Test &amp;")

    def test_own_routes(self, tmp_path: Path) -> None:
        (tmp_path / "mine.html").write_text("{{word}}")
        route = {"method": "GET", "path": "mine", "handler": lambda asked: {"file": "mine.html", "query": {"word": asked["query"]["w"]}}}
        web = server(pages={"pagesPath": str(tmp_path), "customRoutes": [route]})
        assert page(web, "app/mine?w=%3C").text == "&lt;"


def test_pages_need_no_client_key() -> None:
    web = server(clientKey="ck")
    assert page(web, "app/verify_email?token=x").status_code == 200
    assert web("GET", "/classes/A", headers=APP).status_code == 403
