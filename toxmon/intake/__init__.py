"""What other systems say, read into kinds and units of ours; pure functions.

A door turns its own form (FHIR, HL7 v2, a webhook) into `Report`s; `read` makes a fact of one, or
says why it has to wait for a person. `toxmon.actions.take_in` keeps both.
"""
