"""Limits and doses of a drug as pure functions. No clock, no file, no log: `now` is an argument.

Times are aware instants and are compared in UTC, start to start. Amounts are exact decimals in mg.
What is not known refuses a dose, with the reason; it never permits one.
"""
