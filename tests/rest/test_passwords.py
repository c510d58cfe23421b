import subprocess
import sys

import bcrypt
import pytest

from parse_shim.errors import ParseError
from parse_shim.rest.passwords import check_policy, fits, former_hashes, hash_password, next_history
from parse_shim.settings_groups import PasswordPolicy


def test_a_hash_is_bcrypt_of_cost_ten():
    assert hash_password("secret").startswith("$2b$10$")


def test_a_password_fits_its_own_hash_only():
    hashed = hash_password("secret")
    assert fits("secret", hashed)
    assert not fits("Secret", hashed)


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_hashes_of_other_servers_are_known(prefix):
    hashed = bcrypt.hashpw(b"old", bcrypt.gensalt(4)).decode()
    assert fits("old", prefix + hashed[4:])


def test_only_the_first_72_bytes_count():
    assert fits("x" * 72 + "other end", hash_password("x" * 72 + "one end"))
    assert not fits("x" * 71 + "y", hash_password("x" * 72))


@pytest.mark.parametrize("stored", [None, "", "plain", "$2b$10$short", 5, {}])
def test_nothing_fits_a_hash_that_is_none(stored):
    assert not fits("", stored)
    assert not fits("x", stored)


def test_any_text_may_be_a_password():
    for text in ("\x00", "a\x00b", "é" * 50, "\ud800", "😀" * 30):
        assert fits(text, hash_password(text))


@pytest.mark.parametrize(
    ("policy", "password", "text"),
    [
        ({"validator_pattern": r"\d"}, "none", "Password does not meet the Password Policy requirements."),
        ({"validator_pattern": r"\d", "validation_error": "no!"}, "none", "no!"),
        ({"validator_callback": lambda word: len(word) > 8}, "short", "Password does not meet the Password Policy requirements."),
        ({"do_not_allow_username": True}, "my-ann-1", "Password cannot contain your username."),
    ],
)
def test_a_policy_refuses_with_142(policy, password, text):
    with pytest.raises(ParseError) as refusal:
        check_policy(PasswordPolicy(**policy), password, "ann", [])
    assert (refusal.value.code, refusal.value.message) == (142, text)


def test_a_former_password_is_refused_while_it_is_remembered():
    policy = PasswordPolicy(max_password_history=3)
    user = {"_hashed_password": hash_password("third"), "_password_history": [hash_password("first"), hash_password("second")]}
    for word in ("first", "second", "third"):
        with pytest.raises(ParseError, match="last 3 passwords"):
            check_policy(policy, word, None, former_hashes(policy, user))
    check_policy(policy, "fourth", None, former_hashes(policy, user))


def test_history_keeps_one_less_than_the_policy_says():
    policy = PasswordPolicy(max_password_history=3)
    assert next_history(policy, {"_hashed_password": "c", "_password_history": ["a", "b"]}) == ["b", "c"]
    assert next_history(PasswordPolicy(max_password_history=1), {"_hashed_password": "c", "_password_history": ["a"]}) == ["c"]
    assert next_history(PasswordPolicy(), {"_hashed_password": "c"}) is None


def test_hashing_holds_up_no_other_greenlet():
    program = """
from gevent import monkey
monkey.patch_all()
import gevent
from parse_shim.rest.passwords import hash_password
ticks = []
def tick():
    while True:
        ticks.append(1)
        gevent.sleep(0.001)
other = gevent.spawn(tick)
hash_password("secret")
assert len(ticks) > 5, len(ticks)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_only_the_threads_that_hash_stand_back():
    program = """
from gevent import monkey
monkey.patch_all()
import os
import threading
from parse_shim.rest import passwords
own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
hashing = passwords._aside(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
assert hashing == max(own, 5), (own, hashing)
assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)


def test_a_fork_hashes_with_threads_of_its_own():
    program = """
from gevent import monkey
monkey.patch_all()
import os
from parse_shim.rest.passwords import fits, hash_password
hashed = hash_password("secret")
child = os.fork()
if not child:
    os._exit(0 if fits("secret", hashed) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)
