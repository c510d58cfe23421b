"""Verification and password reset (contract/03, sections 11 and 12)."""

import queue
import re
import threading

import pytest

from parse_shim import ids
from parse_shim.errors import ParseError
from parse_shim.query.ast import Eq
from parse_shim.rest import emails, login, write
from parse_shim.rest.auth import resolve_session
from parse_shim.settings_groups import AccountLockout, PasswordPolicy
from tests.rest.world import World, answer


class Mailbox:
    """A mail adapter that keeps what it gets."""

    def __init__(self):
        self.mails = queue.Queue()

    def send_mail(self, mail):
        self.mails.put(mail)

    def next(self):
        return self.mails.get(timeout=5)

    def token(self):
        return re.search(r"token=(\w{25})", self.next()["text"])[1]


@pytest.fixture
def box():
    yield Mailbox()
    ids.set_clock(None)


def world_with(box, **options):
    return World({"app_name": "App", "public_server_url": "https://x.org/parse", "email_adapter": box, **options})


def sign_up(world, **fields):
    return write.create(world.nobody, "_User", {"username": "ann", "password": "p1", "email": "ann@x.org", **fields})


def row(world, made):
    return world.core.engine.find(world.core.classes.get("_User"), Eq("objectId", made.object_id))[0]


def log_in(world, password="p1"):
    return login.log_in(world.nobody, {"username": "ann", "password": password})


# -- verification -------------------------------------------------------------------------------------------------------


def test_a_sign_up_asks_for_verification(box):
    world = world_with(box, verify_user_emails=True)
    made = sign_up(world)
    mail = box.next()
    assert (mail["to"], mail["subject"]) == ("ann@x.org", "Please verify your e-mail for App")
    assert "https://x.org/parse/apps/app/verify_email?token=" in mail["text"]
    assert row(world, made)["emailVerified"] is False and "sessionToken" in made.body


def test_a_link_verifies_once(box):
    world = world_with(box, verify_user_emails=True)
    made, token = sign_up(world), box.token()
    assert not emails.verify_email(world.nobody, "wrong") and not emails.verify_email(world.nobody, {"$ne": 1})
    assert emails.verify_email(world.nobody, token)
    assert row(world, made)["emailVerified"] is True
    assert not emails.verify_email(world.nobody, token)


def test_a_link_may_run_out(box):
    world = world_with(box, verify_user_emails=True, email_verify_token_validity_duration=60)
    sign_up(world)
    later, token = ids.timestamp() + 61, box.token()
    ids.set_clock(lambda: later)
    assert not emails.verify_email(world.nobody, token)


def test_nobody_logs_in_before_the_address_is_verified(box):
    world = world_with(box, verify_user_emails=True, prevent_login_with_unverified_email=True)
    made, token = sign_up(world), box.token()
    assert "sessionToken" not in made.body
    assert answer(log_in, world) == (400, 205, "User email is not verified.")
    assert login.log_in(world.master, {"username": "ann", "password": "p1", "ignoreEmailVerification": True})
    emails.verify_email(world.nobody, token)
    assert log_in(world)["emailVerified"] is True


def test_a_sign_up_may_be_refused_although_it_is_stored(box):
    options = {"prevent_login_with_unverified_email": True, "prevent_signup_with_unverified_email": True}
    world = world_with(box, verify_user_emails=True, **options)
    assert answer(sign_up, world) == (400, 205, "User email is not verified.")
    assert box.next()["to"] == "ann@x.org"  # else nobody could ever log in
    assert answer(sign_up, world)[:2] == (400, 202)


def test_a_new_address_is_verified_anew(box):
    world = world_with(box, verify_user_emails=True)
    made = sign_up(world)
    emails.verify_email(world.nobody, box.token())
    write.update(world.master, "_User", made.object_id, {"email": "ann@x.org"})
    assert row(world, made)["emailVerified"] is True
    write.update(world.master, "_User", made.object_id, {"email": "new@x.org"})
    assert row(world, made)["emailVerified"] is False
    assert box.next()["to"] == "new@x.org"


def test_whether_to_verify_can_be_asked_of_code(box):
    world = world_with(box, verify_user_emails=lambda asked: asked["object"]["email"].endswith("@y.org"))
    assert "emailVerified" not in row(world, sign_up(world))
    made = sign_up(world, username="bob", email="b@y.org")
    assert row(world, made)["emailVerified"] is False


def test_a_verification_mail_can_be_had_again(box):
    world = world_with(box, verify_user_emails=True)
    sign_up(world)
    first = box.token()
    emails.request_verification(world.nobody, {"email": "ann@x.org"})
    second = box.token()
    assert not emails.verify_email(world.nobody, first)
    assert emails.verify_email(world.nobody, second)
    emails.request_verification(world.nobody, {"email": "ann@x.org"})
    emails.request_verification(world.nobody, {"email": "nobody@x.org"})


def test_a_server_may_tell_which_addresses_it_knows(box):
    world = world_with(box, verify_user_emails=True, email_verify_success_on_invalid_email=False)
    sign_up(world)
    request = lambda email: emails.request_verification(world.nobody, {"email": email})  # noqa: E731
    assert answer(request, "no@x.org") == (400, 205, "No user found with email no@x.org")
    emails.verify_email(world.nobody, box.token())
    assert answer(request, "ann@x.org") == (400, -1, "Email ann@x.org is already verified.")


# -- password reset -----------------------------------------------------------------------------------------------------


def reset(world, **body):
    emails.request_password_reset(world.nobody, body)


@pytest.mark.parametrize("request_", [emails.request_password_reset, emails.request_verification])
def test_without_mail_there_is_neither(request_):
    assert answer(request_, World().nobody, {}) == (400, 1, emails.NOT_CONFIGURED)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, 204, "you must provide an email")),
        ({"email": {"$ne": 1}}, (400, 125, "you must provide a valid email string")),
        ({"email": 5}, (400, 125, "you must provide a valid email string")),
        ({"token": {"$ne": 1}}, (400, 162, "token must be a string")),
    ],
)
def test_a_bad_request_is_refused(box, body, expected):
    assert answer(reset, world_with(box), **body) == expected


def test_unknown_addresses_are_answered_like_known_ones(box):
    reset(world_with(box), email="no@x.org")
    policy = PasswordPolicy(reset_password_success_on_invalid_email=False)
    told = (404, 101, "A user with that email does not exist.")
    assert answer(reset, world_with(box, password_policy=policy), email="no@x.org") == told


def test_a_password_is_reset_once(box):
    world = world_with(box)
    made = sign_up(world)
    reset(world, email="ann@x.org")
    mail = box.next()
    assert mail["subject"] == "Password Reset for App"
    token = re.search(r"https://x.org/parse/apps/app/request_password_reset\?token=(\w{25})", mail["text"])[1]
    emails.reset_password(world.nobody, token, "p2")
    assert log_in(world, "p2")
    assert answer(resolve_session, world.core, made.body["sessionToken"])[1] == 209
    bad = (400, -1, "Failed to reset password: username / email / token is invalid")
    assert answer(emails.reset_password, world.nobody, token, "p3") == bad
    assert answer(emails.reset_password, world.nobody, {"$ne": 1}, "p3") == bad


def test_a_user_without_address_is_found_by_name(box):
    world = world_with(box)
    write.create(world.nobody, "_User", {"username": "bob@x.org", "password": "p"})
    reset(world, email="bob@x.org")
    assert box.next()["to"] == "bob@x.org"


def test_a_reset_link_may_run_out(box):
    world = world_with(box, password_policy=PasswordPolicy(reset_token_validity_duration=60))
    sign_up(world)
    reset(world, email="ann@x.org")
    token, later = box.token(), ids.timestamp() + 61
    ids.set_clock(lambda: later)
    assert answer(emails.reset_password, world.nobody, token, "p2") == (400, -1, "The password reset link has expired")
    reset(world, token=token)
    emails.reset_password(world.nobody, box.token(), "p2")


def test_a_refused_password_leaves_the_link_open(box):
    world = world_with(box, password_policy=PasswordPolicy(validator_pattern=r"^p\d$"))
    sign_up(world)
    reset(world, email="ann@x.org")
    token = box.token()
    refused = (400, -1, "Password does not meet the Password Policy requirements.")
    assert answer(emails.reset_password, world.nobody, token, "bad") == refused
    emails.reset_password(world.nobody, token, "p2")


def test_a_new_password_or_address_voids_the_link(box):
    for change in ({"password": "p9"}, {"email": "new@x.org"}):
        world = world_with(box)
        made = sign_up(world)
        reset(world, email="ann@x.org")
        token = box.token()
        write.update(world.master, "_User", made.object_id, change)
        assert answer(emails.reset_password, world.nobody, token, "p2")[:2] == (400, -1)


def test_one_link_used_at_once_works_once(box):
    world = world_with(box)
    sign_up(world)
    reset(world, email="ann@x.org")
    token, outcomes = box.token(), []

    def use(number):
        try:
            emails.reset_password(world.nobody, token, f"p{number}")
            outcomes.append(True)
        except ParseError:
            outcomes.append(False)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]


def test_a_reset_may_unlock_the_account(box):
    lockout = AccountLockout(duration=5, threshold=1, unlock_on_password_reset=True)
    world = world_with(box, account_lockout=lockout)
    sign_up(world)
    for _ in range(2):
        answer(log_in, world, "wrong")
    reset(world, email="ann@x.org")
    emails.reset_password(world.nobody, box.token(), "p2")
    assert log_in(world, "p2")


def test_an_adapter_may_write_the_mails_itself(box):
    class Own(Mailbox):
        def send_password_reset_email(self, message):
            self.mails.put(message)

    own = Own()
    world = world_with(own)
    sign_up(world)
    reset(world, email="ann@x.org")
    message = own.next()
    assert message["appName"] == "App" and "token=" in message["link"]
    assert message["user"]["username"] == "ann" and not any(name.startswith("_") for name in message["user"])
