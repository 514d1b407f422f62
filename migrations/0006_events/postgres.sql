-- What changes is told in order: events, who subscribes to them over HTTP, and lanes that keep order.

-- RECORDS: rows are only added.

create table event (
    seq          bigint generated always as identity primary key,                           -- in the order of commits: there is one writer
    id           text not null unique,
    patient_id   text references patient (id),  -- null: the matter is a technical one
    unit         text,                          -- where the patient lay then; null is the site
    version      bigint,                           -- the patient's version that this event is of
    n            bigint not null,                  -- of the events of that version, from 1
    type         text not null,                 -- facts.charted, grade.changed, alarm.raised, ...
    at           timestamptz not null,                 -- when it was so at the bedside
    recorded_at  timestamptz not null,
    body         text not null                  -- ids, kinds and grades as JSON; no value, no name
);

create table webhook (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    name         text not null unique,          -- never used again, so that old messages stay its own
    url          text not null,
    events       text not null,                 -- JSON: the types that it is told of
    units        text,                          -- JSON; null is every unit
    format       text not null,
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    maker        text not null                  -- the token that asked for it; another approves
);

create table webhook_event (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    webhook_id   text not null references webhook (id),
    kind         text not null,                 -- approved, rotated, ended
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    maker        text not null,
    reason       text
);

create index event_of_patient on event (patient_id, seq);
create index webhook_event_of on webhook_event (webhook_id, seq);
create unique index webhook_event_once on webhook_event (webhook_id, kind) where kind <> 'rotated';

-- WORK: a message may be of no alarm, and those of one patient keep their order in a lane.

alter table delivery alter column alarm_id drop not null;
alter table delivery
    add column type text,                       -- of the event; null: of before, an alarm's
    add column strand text,                     -- what keeps its order: a patient, or an alarm
    add column turn bigint,                     -- its place there: a version; the earlier first
    add column number bigint;                   -- counted for a receiver that asks for numbers

-- When something is due in a lane, however many wait there or in another.
create index delivery_of_lane on delivery (channel, seq, due_at) where due_at is not null;
-- Which message of each patient is the first that waits.
create index delivery_of_strand on delivery (channel, strand, turn) where due_at is not null;
create index delivery_of_channel on delivery (channel, seq);
create index delivery_number on delivery (channel, number) where number is not null;

create trigger event_kept before update or delete or truncate on event
    for each statement execute function refuse_change();
create trigger webhook_kept before update or delete or truncate on webhook
    for each statement execute function refuse_change();
create trigger webhook_event_kept before update or delete or truncate on webhook_event
    for each statement execute function refuse_change();
