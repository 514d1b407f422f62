-- The watch: what is due, alarms and their events, who is on call, what was told to whom.

-- RECORDS: rows are only added.

create table alert_event (
    seq          bigint generated always as identity primary key,                       -- in the order of commits: there is one writer
    id           text not null unique,
    alarm_id     text not null,
    patient_id   text references patient (id),  -- null: the matter is a technical one
    treatment_id text,
    unit         text,                          -- where the patient lay then; null is the site
    version      bigint,                       -- the patient's version that this event made
    key          text not null,                 -- the matter: crs#1, check:vital signs
    kind         text not null,                 -- raised, worsened, acknowledged, ...
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    body         text not null                  -- all that the transition says, as JSON
);

create table watch_event (
    seq          bigint generated always as identity primary key,
    key          text not null unique,          -- treatment, what, when: it takes effect once
    patient_id   text not null references patient (id),
    treatment_id text not null,
    version      bigint not null,
    kind         text not null,                 -- missed, window_entered, window_left
    what         text not null,
    at           timestamptz not null,             -- when it was due, or when it is so
    recorded_at  timestamptz not null,
    body         text not null
);

create table shift (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    unit         text not null,                 -- * is any
    role         text not null,
    person       text not null,
    channel      text,                          -- where the person is reached, by its name
    from_at      timestamptz not null,
    until_at     timestamptz not null,
    ended        bigint not null,              -- 1: takes the replaced shift off the roster
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    replaces_id  text references shift (id),
    reason       text
);

-- WORK: rows change and can be rebuilt from the records.

create table watch (
    treatment_id text not null primary key,
    patient_id   text not null references patient (id),
    alarms_edition text,                        -- of the alarm policy that it began under
    known        text,                          -- what plans rest on, as JSON; null: make it again
    next_at      timestamptz,                      -- when time alone changes something
    worst        bigint not null,              -- how urgent it stands: 2 high, 1 medium, 0
    lease_at     timestamptz,                      -- somebody looks at it until then
    epoch        bigint not null,              -- of the claim; an older one is refused
    tries        bigint not null,              -- claims since it last went well
    dead_at      timestamptz                       -- given up on, and told
);

create table alarm (
    id           text not null primary key,
    scope        text not null,                 -- a treatment, unit:NAME or site
    key          text not null,
    patient_id   text references patient (id),
    treatment_id text,
    unit         text,
    rule         text not null,
    priority     bigint not null,              -- 2 high, 1 medium, 0 low
    state        text not null,
    open         bigint not null,
    raised_at    timestamptz not null,
    changed_at   timestamptz not null,
    seq          bigint not null,              -- how many events have made it
    body         text not null,                 -- the alarm, as JSON
    unique (scope, key)
);

create table technical (
    scope        text not null primary key,     -- unit:NAME or site
    next_at      timestamptz
);

create table delivery (
    seq          bigint generated always as identity primary key,
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
    made_at      timestamptz not null,
    due_at       timestamptz,                      -- null: it was sent, or given up on
    lease_at     timestamptz,
    epoch        bigint not null,
    tries        bigint not null,
    sent_at      timestamptz,
    dead_at      timestamptz,
    outcome      text
);

create table beat (
    name         text not null primary key,
    at           timestamptz not null,
    by           text not null,
    detail       text
);

create table feed (
    actor        text not null primary key,
    name         text not null,
    unit         text,                          -- null: it serves several
    since_at     timestamptz not null,             -- heard without a long gap since then
    heard_at     timestamptz not null,
    silent_at    timestamptz                       -- told that it is silent
);

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

create trigger alert_event_kept before update or delete or truncate on alert_event
    for each statement execute function refuse_change();
create trigger watch_event_kept before update or delete or truncate on watch_event
    for each statement execute function refuse_change();
create trigger shift_kept before update or delete or truncate on shift
    for each statement execute function refuse_change();
