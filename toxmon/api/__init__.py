"""The door for programs: views and schemas, one file a noun.

A door turns what was sent into facts and what was decided into JSON. It never decides.
"""
