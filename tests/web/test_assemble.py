"""Options that name functions of the application: what cannot be called stops the start."""

import pytest

from parse_shim import create_app

HERE = __name__


def plain(value=None):
    return True


async def later(value=None):
    return True


OPTIONS = ("validatorCallback", "verifyUserEmails", "sendUserEmailVerification", "preventLoginWithUnverifiedEmail")
MAIL = {"appName": "a", "publicServerURL": "http://here/parse", "emailAdapter": print}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (f"{HERE}:plain", None),
        (plain, None),
        (f"{HERE}:later", "names an async function"),
        (later, "names an async function"),
        (f"{HERE}:HERE", "names no function"),
        (f"{HERE}:missing", "has no 'missing'"),
        ("no_such_module:f", "there is no module 'no_such_module'"),
    ],
)
def test_an_option_names_a_function_that_can_be_called(option, reference, text):
    given = {"passwordPolicy": {option: reference}} if option == "validatorCallback" else {option: reference}
    options = {"appId": "a", "masterKey": "m", "databaseURI": "memory://", "logsFolder": None, **MAIL, **given}
    if text is None:
        assert create_app(**options).core.settings.app_id == "a"
        return
    with pytest.raises(ValueError, match=rf"{option}.*{text}"):
        create_app(**options)


@pytest.mark.parametrize("reference", ["no_such_module.Thing", {"module": "no_such_module:Thing", "options": {}}])
@pytest.mark.parametrize("option", ["databaseAdapter", "emailAdapter", "filesAdapter", "analyticsAdapter", "push", "security"])
def test_an_option_names_an_adapter_that_is_there(option, reference):
    inner = {"push": {"adapter": reference}, "security": {"checkGroups": [reference]}}
    options = {"appId": "a", "masterKey": "m", "databaseURI": "memory://", "logsFolder": None, **MAIL, option: inner.get(option, reference)}
    with pytest.raises(ValueError, match=rf"^{option}[.a-zA-Z]*: there is no module 'no_such_module'"):
        create_app(**options)


@pytest.mark.parametrize(
    "given",
    [
        {"emailAdapter": "console"},
        {"emailAdapter": {"module": "smtp", "options": {"sender": "a@example.com", "host": "127.0.0.1"}}},
        {"push": {"adapter": "log"}},
    ],
)
def test_adapters_of_ours_go_by_a_word(given):
    options = {"appId": "a", "masterKey": "m", "databaseURI": "memory://", "logsFolder": None, **given}
    assert create_app(**options).core.settings.app_id == "a"
