-- The same step as migrations.py beside this file, for PostgreSQL.

-- RECORDS: rows are only added.

create table patient (
    id           text not null primary key,
    name         text,
    birth_date   text,                          -- ISO date; null is an unknown age
    sex          text,
    unit         text not null,                 -- the ward
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table identifier (
    system       text not null,
    value        text not null,
    patient_id   text not null references patient (id),
    recorded_at  timestamptz not null,
    primary key (system, value)
);

create table fact (
    seq          bigint generated always as identity primary key,  -- the order of charting
    id           text not null unique,
    patient_id   text not null references patient (id),
    version      bigint not null,                -- the patient's version that this fact made
    kind         text not null,
    value        text,                          -- canonical, as JSON; null takes the replaced fact away
    sent         text,                          -- what was sent: value, unit, rule, reference range
    detail       text,                          -- what an act says beyond its value
    status       text not null check (status in
                 ('final', 'quarantined', 'confirmed', 'corrected', 'entered-in-error')),
    doubt        text,                          -- why it is in quarantine
    effective_at timestamptz not null,                 -- true at the bedside
    until_at     timestamptz,                          -- no longer true, where that was charted
    recorded_at  timestamptz not null,                 -- told to toxmon
    recorded_by  text not null,
    replaces_id  text references fact (id),
    reason       text,
    check ((replaces_id is null) = (reason is null))
);

create table assessment (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    patient_id   text not null references patient (id),
    version      bigint not null,
    treatment_id text not null,
    scale        text not null,
    edition      text not null,
    effective_at timestamptz not null,                 -- the grade holds from here on
    recorded_at  timestamptz not null,                 -- told to somebody
    withdrawn    bigint not null,                -- 1: the facts it rested on no longer stand
    low          bigint not null,
    high         bigint not null,
    short        text not null,                 -- digest of all that is read of the answer
    body         text not null,                 -- the answer, as JSON
    cause        text not null                  -- fact ids, or "lapsed", as JSON
);

create table access (
    n            bigint not null primary key,    -- without gaps
    at           timestamptz not null,
    actor        text not null,
    role         text not null,
    action       text not null,
    patient_id   text,
    version      bigint,
    detail       text not null,                 -- allow-listed words, as JSON; never a value
    content      text not null,                 -- digest of the rows that this act wrote
    previous     text not null,
    digest       text not null
);

create table token (
    id           text not null primary key,
    name         text not null,
    role         text not null,
    units        text,                          -- JSON list; null is every unit
    secret       text not null,                 -- keyed digest, never the token
    recorded_at  timestamptz not null,
    expires_at   timestamptz
);

create table token_end (
    token_id     text not null primary key references token (id),
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table edition (
    digest       text not null primary key,
    kind         text not null,                 -- product or policy
    name         text not null,
    version      bigint not null,
    text         text not null,
    recorded_at  timestamptz not null
);

-- WORK: rows change and can be rebuilt from the records.

create table head (
    patient_id   text not null primary key references patient (id),
    version      bigint not null,
    unit         text not null,
    birth_date   text,
    treatment_id text,                          -- the newest treatment
    told_at      timestamptz not null                  -- the newest recorded_at of the patient
);

create table fold (
    treatment_id text not null primary key,
    patient_id   text not null references patient (id),
    infused_at   timestamptz not null,
    next_at      timestamptz,                          -- the infusion that ended it
    product      text not null,
    product_edition text not null,
    policy_edition  text not null,
    state        text not null,                 -- the saved state, as JSON
    facts        bigint not null,                -- since the last checkpoint
    due_at       timestamptz                           -- when time alone changes the answer
);

create table checkpoint (
    treatment_id text not null,
    at           timestamptz not null,                 -- the state holds every fact up to and at this instant
    state        text not null,
    primary key (treatment_id, at)
);

create table request (
    actor        text not null,
    key          text not null,
    fingerprint  text not null,
    status       bigint not null,
    body         text not null,
    recorded_at  timestamptz not null,
    primary key (actor, key)
);

create index fact_of_patient on fact (patient_id, effective_at);
create unique index fact_replaced_once on fact (replaces_id) where replaces_id is not null;
create index assessment_of_treatment on assessment (treatment_id, effective_at);
create index assessment_of_patient on assessment (patient_id, recorded_at);
create index access_of_patient on access (patient_id, n);
create index identifier_of_patient on identifier (patient_id);
create index fold_of_patient on fold (patient_id);
create index fold_due on fold (due_at) where due_at is not null;
create index request_by_time on request (recorded_at);

create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception '% is append-only', tg_table_name; end $$;
create trigger patient_kept before update or delete or truncate on patient
    for each statement execute function refuse_change();
create trigger identifier_kept before update or delete or truncate on identifier
    for each statement execute function refuse_change();
create trigger fact_kept before update or delete or truncate on fact
    for each statement execute function refuse_change();
create trigger assessment_kept before update or delete or truncate on assessment
    for each statement execute function refuse_change();
create trigger access_kept before update or delete or truncate on access
    for each statement execute function refuse_change();
create trigger token_kept before update or delete or truncate on token
    for each statement execute function refuse_change();
create trigger token_end_kept before update or delete or truncate on token_end
    for each statement execute function refuse_change();
create trigger edition_kept before update or delete or truncate on edition
    for each statement execute function refuse_change();
