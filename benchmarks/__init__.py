"""How fast toxmon is, as ratios within one run: `make bench`.

Absolute figures belong to one machine on one day. So a floor is built again in every run: the
least that a durable POST costs on the same server, framework, validation and SQLite. toxmon is
measured in turn with it, and what counts is the ratio. docs/performance.md has the last results.
"""
