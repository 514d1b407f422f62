"""`toxmon` that stops for good between keeping a message and answering it, and says so in a file.

    python paused.py mllp ...

A race made certain by a pause: whoever reads the file kills the process then.
"""

import threading
from pathlib import Path

from toxmon.cli import main
from toxmon.ehr.hl7v2 import mllp


def stop_here(message: bytes) -> bytes:
    Path("kept").write_bytes(message)
    threading.Event().wait()
    return message


mllp.framed = stop_here
main()
