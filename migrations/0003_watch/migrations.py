"""The watch: what is due, alarms and their events, who is on call, what was told to whom."""

from sqlite_utils import Database, Migrations

toxmon = Migrations("toxmon")


@toxmon(name="0003_watch")
def watch(db: Database) -> None:
    """Create what plans and alarms are kept in. Treatments of before are watched from now on."""
    db.executescript("""
        -- RECORDS: rows are only added.

        create table alert_event (
            seq          integer primary key,                       -- in the order of commits: there is one writer
            id           text not null unique,
            alarm_id     text not null,
            patient_id   text references patient (id),  -- null: the matter is a technical one
            treatment_id text,
            unit         text,                          -- where the patient lay then; null is the site
            version      integer,                       -- the patient's version that this event made
            key          text not null,                 -- the matter: crs#1, check:vital signs
            kind         text not null,                 -- raised, worsened, acknowledged, ...
            recorded_at  text not null,
            recorded_by  text not null,
            body         text not null                  -- all that the transition says, as JSON
        ) strict;

        create table watch_event (
            seq          integer primary key,
            key          text not null unique,          -- treatment, what, when: it takes effect once
            patient_id   text not null references patient (id),
            treatment_id text not null,
            version      integer not null,
            kind         text not null,                 -- missed, window_entered, window_left
            what         text not null,
            at           text not null,             -- when it was due, or when it is so
            recorded_at  text not null,
            body         text not null
        ) strict;

        create table shift (
            seq          integer primary key,
            id           text not null unique,
            unit         text not null,                 -- * is any
            role         text not null,
            person       text not null,
            channel      text,                          -- where the person is reached, by its name
            from_at      text not null,
            until_at     text not null,
            ended        integer not null,              -- 1: takes the replaced shift off the roster
            recorded_at  text not null,
            recorded_by  text not null,
            replaces_id  text references shift (id),
            reason       text
        ) strict;

        -- WORK: rows change and can be rebuilt from the records.

        create table watch (
            treatment_id text not null primary key,
            patient_id   text not null references patient (id),
            alarms_edition text,                        -- of the alarm policy that it began under
            known        text,                          -- what plans rest on, as JSON; null: make it again
            next_at      text,                      -- when time alone changes something
            worst        integer not null,              -- how urgent it stands: 2 high, 1 medium, 0
            lease_at     text,                      -- somebody looks at it until then
            epoch        integer not null,              -- of the claim; an older one is refused
            tries        integer not null,              -- claims since it last went well
            dead_at      text                       -- given up on, and told
        ) strict;

        create table alarm (
            id           text not null primary key,
            scope        text not null,                 -- a treatment, unit:NAME or site
            key          text not null,
            patient_id   text references patient (id),
            treatment_id text,
            unit         text,
            rule         text not null,
            priority     integer not null,              -- 2 high, 1 medium, 0 low
            state        text not null,
            open         integer not null,
            raised_at    text not null,
            changed_at   text not null,
            seq          integer not null,              -- how many events have made it
            body         text not null,                 -- the alarm, as JSON
            unique (scope, key)
        ) strict;

        create table technical (
            scope        text not null primary key,     -- unit:NAME or site
            next_at      text
        ) strict;

        create table delivery (
            seq          integer primary key,
            id           text not null unique,
            key          text not null unique,          -- alarm, event, recipient: it is told once
            event_id     text not null,
            alarm_id     text not null,
            patient_id   text,
            unit         text,
            priority     text not null,
            channel      text not null,
            recipient    text not null,
            body         text not null,
            made_at      text not null,
            due_at       text,                      -- null: it was sent, or given up on
            lease_at     text,
            epoch        integer not null,
            tries        integer not null,
            sent_at      text,
            dead_at      text,
            outcome      text
        ) strict;

        create table beat (
            name         text not null primary key,
            at           text not null,
            by           text not null,
            detail       text
        ) strict;

        create table feed (
            actor        text not null primary key,
            name         text not null,
            unit         text,                          -- null: it serves several
            since_at     text not null,             -- heard without a long gap since then
            heard_at     text not null,
            silent_at    text                       -- told that it is silent
        ) strict;

        alter table head add column alarms text;        -- the open alarms of the patient, as JSON

        create index alert_event_of_alarm on alert_event (alarm_id, seq);
        create index alert_event_of_patient on alert_event (patient_id, version);
        create index watch_event_of_patient on watch_event (patient_id, version);
        create index shift_by_time on shift (until_at);
        create unique index shift_replaced_once on shift (replaces_id) where replaces_id is not null;
        create index watch_of_patient on watch (patient_id);
        create index watch_due on watch (next_at) where next_at is not null and dead_at is null;
        create index alarm_open on alarm (priority desc, raised_at, id) where open = 1;
        create index alarm_of_patient on alarm (patient_id);
        create index delivery_due on delivery (due_at) where due_at is not null;
        create index delivery_of_alarm on delivery (alarm_id);

        insert into watch (treatment_id, patient_id, known, next_at, worst, epoch, tries)
            select treatment_id, patient_id, null, infused_at, 0, 0, 0 from fold;

        create trigger alert_event_kept before update on alert_event
            begin select raise(abort, 'alert_event is append-only'); end;
        create trigger alert_event_not_deleted before delete on alert_event
            begin select raise(abort, 'alert_event is append-only'); end;
        create trigger watch_event_kept before update on watch_event
            begin select raise(abort, 'watch_event is append-only'); end;
        create trigger watch_event_not_deleted before delete on watch_event
            begin select raise(abort, 'watch_event is append-only'); end;
        create trigger shift_kept before update on shift
            begin select raise(abort, 'shift is append-only'); end;
        create trigger shift_not_deleted before delete on shift
            begin select raise(abort, 'shift is append-only'); end;
    """)
