"""What parse-server says about an option it refuses, where its own tests and people's scripts compare the text.

Used for options given in parse-server's form as JSON (`Settings.from_options`); files, environment and command line get
our longer texts, which name the source too. Source: parse-server 9.10.0, lib/Config.js, validateOptions.
"""

from collections.abc import Mapping

_LOCKOUT_DURATION = "Account lockout duration should be greater than 0 and less than 100000"
_LOCKOUT_THRESHOLD = "Account lockout threshold should be an integer greater than 0 and less than 1000"
_HISTORY = "passwordPolicy.maxPasswordHistory must be an integer ranging 0 - 20"

_TEXTS: Mapping[str, str] = {
    "accountLockout.duration": _LOCKOUT_DURATION,
    "accountLockout.threshold": _LOCKOUT_THRESHOLD,
    "accountLockout.unlockOnPasswordReset": "Parse Server option accountLockout.unlockOnPasswordReset must be a boolean.",
    "passwordPolicy.maxPasswordAge": "passwordPolicy.maxPasswordAge must be a positive number",
    "passwordPolicy.resetTokenValidityDuration": "passwordPolicy.resetTokenValidityDuration must be a positive number",
    "passwordPolicy.validatorPattern": "passwordPolicy.validatorPattern must be a regex string or RegExp object.",
    "passwordPolicy.validatorCallback": "passwordPolicy.validatorCallback must be a function.",
    "passwordPolicy.doNotAllowUsername": "passwordPolicy.doNotAllowUsername must be a boolean value.",
    "passwordPolicy.maxPasswordHistory": _HISTORY,
    "passwordPolicy.resetTokenReuseIfValid": "resetTokenReuseIfValid must be a boolean value",
    "passwordPolicy.resetPasswordSuccessOnInvalidEmail": "resetPasswordSuccessOnInvalidEmail must be a boolean value",
    "emailVerifyTokenReuseIfValid": "emailVerifyTokenReuseIfValid must be a boolean value",
    "emailVerifySuccessOnInvalidEmail": "emailVerifySuccessOnInvalidEmail must be a boolean value",
    "revokeSessionOnPasswordReset": "revokeSessionOnPasswordReset must be a boolean value",
    "extendSessionOnUse": "extendSessionOnUse must be a boolean value",
    "publicServerURL": "The option publicServerURL must be a valid URL starting with http:// or https://.",
    "fileUpload": "fileUpload must be an object value.",
    "fileDownload": "fileDownload must be an object value.",
    "fileUpload.fileExtensions": "fileUpload.fileExtensions must be an array.",
    "fileUpload.allowedFileUrlDomains": "fileUpload.allowedFileUrlDomains must be an array.",
    "enforcePrivateUsers": "Parse Server option enforcePrivateUsers must be a boolean.",
    "enableInsecureAuthAdapters": "Parse Server option enableInsecureAuthAdapters must be a boolean.",
    "allowExpiredAuthDataToken": "Parse Server option allowExpiredAuthDataToken must be a boolean.",
    "allowClientClassCreation": "Parse Server option allowClientClassCreation must be a boolean.",
    "requestKeywordDenylist": "Parse Server option requestKeywordDenylist must be an array.",
    "allowHeaders": "Allow headers must be an array",
    "idempotencyOptions.paths": "idempotency paths must be of an array of strings",
    "customPages": "Parse Server option customPages must be an object.",
    "databaseOptions": "databaseOptions must be an object",
    "databaseOptions.enableSchemaHooks": "databaseOptions.enableSchemaHooks must be a boolean",
    "databaseOptions.schemaCacheTtl": "databaseOptions.schemaCacheTtl must be a number",
    "databaseOptions.allowPublicExplain": "Parse Server option 'databaseOptions.allowPublicExplain' must be a boolean.",
    "liveQuery.regexTimeout": "liveQuery.regexTimeout must be a number",
    "requestComplexity": "requestComplexity must be an object.",
    "installation": "installation must be an object.",
    "installation.duplicateDeviceTokenAction": "installation.duplicateDeviceTokenAction must be one of: 'delete', 'update'.",
    "installation.duplicateDeviceTokenMergePriority": (
        "installation.duplicateDeviceTokenMergePriority must be one of: 'deviceToken', 'installationId'."
    ),
}

_NUMBERS: Mapping[str, tuple[str, str]] = {
    "sessionLength": ("Session length must be a valid number.", "Session length must be a value greater than 0."),
    "defaultLimit": ("Default limit must be a number.", "Default limit must be a value greater than 0."),
    "maxLimit": ("Max limit must be a value greater than 0.", "Max limit must be a value greater than 0."),
    "idempotencyOptions.ttl": ("idempotency TTL value must be a number", "idempotency TTL value must be greater than 0 seconds"),
    "emailVerifyTokenValidityDuration": (
        "Email verify token validity duration must be a valid number.",
        "Email verify token validity duration must be a value greater than 0.",
    ),
}
"""For what is no number, and for what is too small."""

_ERRORS = ("masterKey and ", "requestComplexity", "Parse Server option customPages ")
"""Texts that parse-server throws inside an Error object; the others it throws bare."""

_KINDS: Mapping[str, str] = {"bool": "a boolean", "str": "a string", "tuple": "an array", "Mapping": "an object"}
_SAY_THEIR_NAME = ("pages", "security", "schema")


def is_error(text: str) -> bool:
    """Whether parse-server throws an Error object with this text, and not the text alone."""
    return text.startswith(_ERRORS)


def refusal(key: str, type_name: str, no_number: bool) -> str | None:
    """parse-server's text for a value it would refuse too; None where it says nothing of its own.

    `type_name`: what our table of options has, such as `bool` or `str | None`. `no_number`: the value is none at all.
    """
    if key in _TEXTS:
        return _TEXTS[key]
    if key in _NUMBERS:
        return _NUMBERS[key][0 if no_number else 1]
    kind = _KINDS.get(type_name.partition("[")[0].partition(" ")[0])
    group, _, member = key.partition(".")
    if group in ("fileUpload", "fileDownload") and kind:
        return f"{key} must be {kind} value."
    if group == "requestComplexity" and member:
        return f"{key} must be " + ("a boolean." if type_name == "bool" else "a positive integer or -1 to disable.")
    if group == "installation" and type_name == "bool":
        return f"{key} must be a boolean."
    if group in _SAY_THEIR_NAME:
        return f"Parse Server option {key} must be {kind if member else 'an object'}." if kind or not member else None
    return None
