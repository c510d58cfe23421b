"""What runs beside the requests of a server, and what must be known to be right before the first one."""

from __future__ import annotations

from parse_shim.livequery.start import start_live_query
from parse_shim.rest import authdata, demand, mail, security, webhooks
from parse_shim.rest.core import Core
from parse_shim.rest.files import open_files
from parse_shim.rest.push import sender
from parse_shim.rest.push_schedule import Schedule
from parse_shim.rest.schedule import start_schedules

STARTED = "services"
TIMERS = "timers"
"""Put False under this name into `core.extras` to run the timers of cloud code by hand, as tests do."""


def start(core: Core) -> None:
    """Once for a core, however many applications are made of it; `core.close` stops it.

    Raises ValueError for a login provider, push sender, mail adapter or file store that the settings name and that cannot be used."""
    if core.extras.get(STARTED):
        return
    core.extras[STARTED] = True
    open_files(core)
    demand.start(core)
    authdata.providers(core)
    if "mail" not in core.extras:
        core.extras["mail"] = mail.sender(core.settings.email_adapter)
    if sender(core) is not None and core.settings.scheduled_push:
        core.closers.append(Schedule(core).stop)
    core.closers.append(webhooks.start(core))
    if core.settings.start_live_query_server:
        core.closers.append(start_live_query(core))
    if core.extras.setdefault(TIMERS, True) and (timers := start_schedules(core)):
        core.closers.append(timers.stop)
    if core.settings.security.enable_check and core.settings.security.enable_check_log:
        security.log_report(core)
