"""`python -m toxmon` is `toxmon`."""

from toxmon.cli import main

main()
