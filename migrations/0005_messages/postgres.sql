-- Messages of other systems: as they came, what became of them, what waits for a person.

-- RECORDS: rows are only added.

create table message (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    source       text not null,                 -- who sent it: a token's name, MSH-3/4
    form         text not null,                 -- fhir, hl7v2, webhook
    control_id   text,                          -- what the sender calls it
    digest       text not null,                 -- of the bytes as they came
    content_type text not null,
    encoding     text not null,                 -- of `body`: utf-8, latin-1 or base64
    body         text not null,
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table message_outcome (
    seq          bigint generated always as identity primary key,
    message_id   text not null references message (id),
    outcome      text not null,                 -- taken, unreadable, replayed
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    detail       text not null                  -- by report what became of it, as JSON
);

create table held (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    message_id   text not null references message (id),
    source       text not null,
    key          text not null,                 -- what the source calls the statement
    patient_id   text references patient (id),  -- null: nobody of that number is known
    reason       text not null,
    words        text not null,
    system       text,                          -- of its first code
    code         text,
    display      text,
    report       text not null,                 -- the statement, as JSON
    recorded_at  timestamptz not null
);

create table held_number (
    held_id      text not null references held (id),
    system       text not null,                 -- a number of the patient that it is about
    value        text not null,
    primary key (system, value, held_id)
);

create table held_end (
    held_id      text not null primary key references held (id),
    outcome      text not null,                 -- charted, superseded, held anew, dismissed
    fact_id      text references fact (id),
    reason       text,
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table demographic (
    seq          bigint generated always as identity primary key,
    patient_id   text not null references patient (id),
    version      bigint not null,
    name         text,
    birth_date   text,
    sex          text,
    numbers      text not null,                 -- identifiers that are new, as JSON
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

-- WORK: rows change and can be rebuilt from the records.

create table origin (
    source       text not null,
    key          text not null,                 -- what the source calls the statement
    resource_id  text not null,                 -- what we call the sender's resource
    patient_id   text,
    fact_id      text,                          -- the first of its corrections; null: none
    newest_id    text,                          -- the last fact that the source has made
    state        text not null,
    said_at      timestamptz,
    ordinal      bigint,
    digest       text not null,                 -- of what was said last
    message_id   text not null,
    primary key (source, key)
);

create unique index message_once on message (source, form, control_id)
    where control_id is not null;
create index message_by_time on message (recorded_at);
create index outcome_of_message on message_outcome (message_id);
create index held_of_patient on held (patient_id);
create index held_of_message on held (message_id);
create index held_of_source on held (source, key);
create index held_number_of on held_number (held_id);
create index demographic_of_patient on demographic (patient_id, seq);
create index origin_of_resource on origin (resource_id);
create index origin_of_fact on origin (fact_id) where fact_id is not null;

create trigger message_kept before update or delete or truncate on message
    for each statement execute function refuse_change();
create trigger message_outcome_kept before update or delete or truncate on message_outcome
    for each statement execute function refuse_change();
create trigger held_kept before update or delete or truncate on held
    for each statement execute function refuse_change();
create trigger held_number_kept before update or delete or truncate on held_number
    for each statement execute function refuse_change();
create trigger held_end_kept before update or delete or truncate on held_end
    for each statement execute function refuse_change();
create trigger demographic_kept before update or delete or truncate on demographic
    for each statement execute function refuse_change();
