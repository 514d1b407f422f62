"""Medicine. Published criteria as pure functions; imports nothing else of toxmon.

Nothing here reads a clock, a file, a database or a setting: `now`, facts and policy are arguments.
"""
