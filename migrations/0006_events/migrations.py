"""Events in order, who subscribes to them over HTTP, and lanes that keep the order of a patient."""

from sqlite_utils import Database, Migrations

toxmon = Migrations("toxmon")


@toxmon(name="0006_events")
def events(db: Database) -> None:
    """Create what the feed and its subscriptions are kept in. The feed begins here."""
    db.executescript("""
        -- RECORDS: rows are only added.

        create table event (
            seq          integer primary key,                           -- in the order of commits: there is one writer
            id           text not null unique,
            patient_id   text references patient (id),  -- null: the matter is a technical one
            unit         text,                          -- where the patient lay then; null is the site
            version      integer,                           -- the patient's version that this event is of
            n            integer not null,                  -- of the events of that version, from 1
            type         text not null,                 -- facts.charted, grade.changed, alarm.raised, ...
            at           text not null,                 -- when it was so at the bedside
            recorded_at  text not null,
            body         text not null                  -- ids, kinds and grades as JSON; no value, no name
        ) strict;

        create table webhook (
            seq          integer primary key,
            id           text not null unique,
            name         text not null unique,          -- never used again, so that old messages stay its own
            url          text not null,
            events       text not null,                 -- JSON: the types that it is told of
            units        text,                          -- JSON; null is every unit
            format       text not null,
            recorded_at  text not null,
            recorded_by  text not null,
            maker        text not null                  -- the token that asked for it; another approves
        ) strict;

        create table webhook_event (
            seq          integer primary key,
            id           text not null unique,
            webhook_id   text not null references webhook (id),
            kind         text not null,                 -- approved, rotated, ended
            recorded_at  text not null,
            recorded_by  text not null,
            maker        text not null,
            reason       text
        ) strict;

        create index event_of_patient on event (patient_id, seq);
        create index webhook_event_of on webhook_event (webhook_id, seq);
        create unique index webhook_event_once on webhook_event (webhook_id, kind) where kind <> 'rotated';

        -- WORK: a message may be of no alarm, and those of one patient keep their order in a lane.

        create table delivery_of_before as select seq, id, key, event_id, alarm_id, patient_id, unit, priority, channel, recipient, body, made_at, due_at, lease_at, epoch, tries, sent_at, dead_at, outcome from delivery;
        drop table delivery;
        create table delivery (
            seq          integer primary key,
            id           text not null unique,
            key          text not null unique,          -- event, channel, recipient: it is told once
            event_id     text not null,
            alarm_id     text,
            patient_id   text,
            unit         text,
            type         text,                          -- of the event; null: of before, an alarm's
            strand       text,                          -- what keeps its order: a patient, or an alarm
            turn         integer,                       -- its place there: a version; the earlier first
            number       integer,                       -- counted for a receiver that asks for numbers
            priority     text not null,
            channel      text not null,
            recipient    text not null,
            body         text not null,
            made_at      text not null,
            due_at       text,                          -- null: it was sent, or given up on
            lease_at     text,
            epoch        integer not null,
            tries        integer not null,
            sent_at      text,
            dead_at      text,
            outcome      text
        ) strict;
        insert into delivery (seq, id, key, event_id, alarm_id, patient_id, unit, priority, channel, recipient, body, made_at, due_at, lease_at, epoch, tries, sent_at, dead_at, outcome)
            select seq, id, key, event_id, alarm_id, patient_id, unit, priority, channel, recipient, body, made_at, due_at, lease_at, epoch, tries, sent_at, dead_at, outcome from delivery_of_before;
        drop table delivery_of_before;
        create index delivery_due on delivery (due_at) where due_at is not null;
        create index delivery_of_alarm on delivery (alarm_id);

        -- When something is due in a lane, however many wait there or in another.
        create index delivery_of_lane on delivery (channel, seq, due_at) where due_at is not null;
        -- Which message of each patient is the first that waits.
        create index delivery_of_strand on delivery (channel, strand, turn) where due_at is not null;
        create index delivery_of_channel on delivery (channel, seq);
        create index delivery_number on delivery (channel, number) where number is not null;

        create trigger event_kept before update on event
            begin select raise(abort, 'event is append-only'); end;
        create trigger event_not_deleted before delete on event
            begin select raise(abort, 'event is append-only'); end;
        create trigger webhook_kept before update on webhook
            begin select raise(abort, 'webhook is append-only'); end;
        create trigger webhook_not_deleted before delete on webhook
            begin select raise(abort, 'webhook is append-only'); end;
        create trigger webhook_event_kept before update on webhook_event
            begin select raise(abort, 'webhook_event is append-only'); end;
        create trigger webhook_event_not_deleted before delete on webhook_event
            begin select raise(abort, 'webhook_event is append-only'); end;
    """)
