"""Records of one patient joined and parted, facts moved to the patient they are of."""

from sqlite_utils import Database, Migrations

toxmon = Migrations("toxmon")


@toxmon(name="0008_identity")
def identity(db: Database) -> None:
    """Create what is kept of merges and moves, and the link from a record to the one it is in."""
    db.executescript("""
        -- RECORDS: rows are only added.

        create table merge (
            seq          integer primary key,
            id           text not null unique,
            kind         text not null check (kind in ('merge', 'unmerge', 'move')),
            gone_id      text not null references patient (id),   -- where the facts were
            into_id      text not null references patient (id),   -- where they were charted anew
            undoes_id    text unique references merge (id),       -- the merge that an unmerge undoes
            reason       text not null,
            recorded_at  text not null,
            recorded_by  text not null
        ) strict;

        create table moved_fact (
            seq          integer primary key,
            merge_id     text not null references merge (id),
            from_id      text not null references fact (id),      -- the fact that was taken back
            from_root    text not null references fact (id),      -- the first of its corrections
            to_root      text not null references fact (id),      -- the first of those it is now
            already      integer not null                         -- 1: it was there, and charted once
        ) strict;

        create index merge_of_gone on merge (gone_id, seq);
        create index merge_of_into on merge (into_id, seq);
        create index moved_by on moved_fact (merge_id);
        create index moved_from on moved_fact (from_root);

        create trigger merge_kept before update on merge
            begin select raise(abort, 'merge is append-only'); end;
        create trigger merge_not_deleted before delete on merge
            begin select raise(abort, 'merge is append-only'); end;
        create trigger moved_fact_kept before update on moved_fact
            begin select raise(abort, 'moved_fact is append-only'); end;
        create trigger moved_fact_not_deleted before delete on moved_fact
            begin select raise(abort, 'moved_fact is append-only'); end;

        -- WORK: rows change and can be rebuilt from the records.

        alter table head add column merged_into text references patient (id);
    """)
