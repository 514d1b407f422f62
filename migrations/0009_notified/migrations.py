"""Which notifications of a subscription have come, so that one that has not is missed. Work."""

from sqlite_utils import Database, Migrations

toxmon = Migrations("toxmon")


@toxmon(name="0009_notified")
def notified(db: Database) -> None:
    """Create the numbers of events that other systems have told of."""
    db.executescript("""
        create table notified (
            source       text not null,                 -- who tells: a token's name
            subscription text not null,                 -- as the source calls it
            number       integer not null,              -- of the event, counted by the source
            kind         text not null,                 -- full, id-only, empty
            heard_at     text not null,
            primary key (source, subscription, number)
        ) strict;
    """)
