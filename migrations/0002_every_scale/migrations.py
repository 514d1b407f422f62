"""The ledger of a fold: what the grades of weeks rest on, written only when it changes."""

from sqlite_utils import Database, Migrations

toxmon = Migrations("toxmon")


@toxmon(name="0002_every_scale")
def every_scale(db: Database) -> None:
    """Keep the ledger beside the state. A fold without one is folded again from the facts."""
    db.execute("alter table fold add column ledger text")
    db.execute("alter table checkpoint add column ledger text")
