"""May clients add columns by saving them? Public copies of the tutorial's app send some of their own (`userAltitude`).

In development they may; on a server for everybody an operator adds what is wanted to the files beside this one.
"""

import os

from parse_shim.classes.declare import NOBODY, PUBLIC

ADDERS = PUBLIC if os.environ.get("LIVESESSIONS_NEW_COLUMNS", "").lower() in ("1", "true", "yes", "on") else NOBODY
