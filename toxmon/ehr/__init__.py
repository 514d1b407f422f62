"""What an ordering system is told while somebody prescribes: CDS Hooks 2.0.

A door of its own beside the API. It says nothing that the API does not say: the cards are made from
the answer of `toxmon.actions.dosing.told`, word for word.
"""
