"""The record: patients, facts, what was concluded from them, who looked. And the work beside it.

A column that holds an instant ends in `_at` or is named `at`: fixed-width ISO text in UTC.
"""

from sqlite_utils import Database, Migrations

toxmon = Migrations("toxmon")


@toxmon(name="0001_record")
def record(db: Database) -> None:
    """Create the record, and the triggers that keep it append-only."""
    db.executescript("""
        -- RECORDS: rows are only added.

        create table patient (
            id           text not null primary key,
            name         text,
            birth_date   text,                          -- ISO date; null is an unknown age
            sex          text,
            unit         text not null,                 -- the ward
            recorded_at  text not null,
            recorded_by  text not null
        ) strict;

        create table identifier (
            system       text not null,
            value        text not null,
            patient_id   text not null references patient (id),
            recorded_at  text not null,
            primary key (system, value)
        ) strict;

        create table fact (
            seq          integer primary key,  -- the order of charting
            id           text not null unique,
            patient_id   text not null references patient (id),
            version      integer not null,                -- the patient's version that this fact made
            kind         text not null,
            value        text,                          -- canonical, as JSON; null takes the replaced fact away
            sent         text,                          -- what was sent: value, unit, rule, reference range
            detail       text,                          -- what an act says beyond its value
            status       text not null check (status in
                         ('final', 'quarantined', 'confirmed', 'corrected', 'entered-in-error')),
            doubt        text,                          -- why it is in quarantine
            effective_at text not null,                 -- true at the bedside
            until_at     text,                          -- no longer true, where that was charted
            recorded_at  text not null,                 -- told to toxmon
            recorded_by  text not null,
            replaces_id  text references fact (id),
            reason       text,
            check ((replaces_id is null) = (reason is null))
        ) strict;

        create table assessment (
            seq          integer primary key,
            id           text not null unique,
            patient_id   text not null references patient (id),
            version      integer not null,
            treatment_id text not null,
            scale        text not null,
            edition      text not null,
            effective_at text not null,                 -- the grade holds from here on
            recorded_at  text not null,                 -- told to somebody
            withdrawn    integer not null,                -- 1: the facts it rested on no longer stand
            low          integer not null,
            high         integer not null,
            short        text not null,                 -- digest of all that is read of the answer
            body         text not null,                 -- the answer, as JSON
            cause        text not null                  -- fact ids, or "lapsed", as JSON
        ) strict;

        create table access (
            n            integer not null primary key,    -- without gaps
            at           text not null,
            actor        text not null,
            role         text not null,
            action       text not null,
            patient_id   text,
            version      integer,
            detail       text not null,                 -- allow-listed words, as JSON; never a value
            content      text not null,                 -- digest of the rows that this act wrote
            previous     text not null,
            digest       text not null
        ) strict;

        create table token (
            id           text not null primary key,
            name         text not null,
            role         text not null,
            units        text,                          -- JSON list; null is every unit
            secret       text not null,                 -- keyed digest, never the token
            recorded_at  text not null,
            expires_at   text
        ) strict;

        create table token_end (
            token_id     text not null primary key references token (id),
            recorded_at  text not null,
            recorded_by  text not null
        ) strict;

        create table edition (
            digest       text not null primary key,
            kind         text not null,                 -- product or policy
            name         text not null,
            version      integer not null,
            text         text not null,
            recorded_at  text not null
        ) strict;

        -- WORK: rows change and can be rebuilt from the records.

        create table head (
            patient_id   text not null primary key references patient (id),
            version      integer not null,
            unit         text not null,
            birth_date   text,
            treatment_id text,                          -- the newest treatment
            told_at      text not null                  -- the newest recorded_at of the patient
        ) strict;

        create table fold (
            treatment_id text not null primary key,
            patient_id   text not null references patient (id),
            infused_at   text not null,
            next_at      text,                          -- the infusion that ended it
            product      text not null,
            product_edition text not null,
            policy_edition  text not null,
            state        text not null,                 -- the saved state, as JSON
            facts        integer not null,                -- since the last checkpoint
            due_at       text                           -- when time alone changes the answer
        ) strict;

        create table checkpoint (
            treatment_id text not null,
            at           text not null,                 -- the state holds every fact up to and at this instant
            state        text not null,
            primary key (treatment_id, at)
        ) strict;

        create table request (
            actor        text not null,
            key          text not null,
            fingerprint  text not null,
            status       integer not null,
            body         text not null,
            recorded_at  text not null,
            primary key (actor, key)
        ) strict;

        create index fact_of_patient on fact (patient_id, effective_at);
        create unique index fact_replaced_once on fact (replaces_id) where replaces_id is not null;
        create index assessment_of_treatment on assessment (treatment_id, effective_at);
        create index assessment_of_patient on assessment (patient_id, recorded_at);
        create index access_of_patient on access (patient_id, n);
        create index identifier_of_patient on identifier (patient_id);
        create index fold_of_patient on fold (patient_id);
        create index fold_due on fold (due_at) where due_at is not null;
        create index request_by_time on request (recorded_at);

        create trigger patient_kept before update on patient
            begin select raise(abort, 'patient is append-only'); end;
        create trigger patient_not_deleted before delete on patient
            begin select raise(abort, 'patient is append-only'); end;
        create trigger identifier_kept before update on identifier
            begin select raise(abort, 'identifier is append-only'); end;
        create trigger identifier_not_deleted before delete on identifier
            begin select raise(abort, 'identifier is append-only'); end;
        create trigger fact_kept before update on fact
            begin select raise(abort, 'fact is append-only'); end;
        create trigger fact_not_deleted before delete on fact
            begin select raise(abort, 'fact is append-only'); end;
        create trigger assessment_kept before update on assessment
            begin select raise(abort, 'assessment is append-only'); end;
        create trigger assessment_not_deleted before delete on assessment
            begin select raise(abort, 'assessment is append-only'); end;
        create trigger access_kept before update on access
            begin select raise(abort, 'access is append-only'); end;
        create trigger access_not_deleted before delete on access
            begin select raise(abort, 'access is append-only'); end;
        create trigger token_kept before update on token
            begin select raise(abort, 'token is append-only'); end;
        create trigger token_not_deleted before delete on token
            begin select raise(abort, 'token is append-only'); end;
        create trigger token_end_kept before update on token_end
            begin select raise(abort, 'token_end is append-only'); end;
        create trigger token_end_not_deleted before delete on token_end
            begin select raise(abort, 'token_end is append-only'); end;
        create trigger edition_kept before update on edition
            begin select raise(abort, 'edition is append-only'); end;
        create trigger edition_not_deleted before delete on edition
            begin select raise(abort, 'edition is append-only'); end;
    """)
