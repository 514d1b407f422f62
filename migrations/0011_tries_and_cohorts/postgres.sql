-- The same step as migrations.py beside this file, for PostgreSQL.

-- WORK: rows change or go; nothing is graded by them.

create table delivery_try (
    seq          bigint generated always as identity primary key,
    delivery_id  text not null,
    at           timestamptz not null,
    status       bigint,                        -- of HTTP; null: there was no answer
    took_ms      bigint not null,
    says         text not null,
    answered     text,                          -- how the answer began
    sent         text,                          -- what was posted, secrets left out
    digest       text                           -- SHA-256 of the bytes that were posted
);

create table cohort_file (
    id           text not null primary key,
    owner        text not null,                 -- the actor who may fetch it
    asked_at     timestamptz not null,
    wanted       text not null,                 -- filter, columns and form, as JSON
    state        text not null,                 -- making, ready, failed
    done         bigint not null,               -- treatments so far
    total        bigint not null,
    beat_at      timestamptz not null,          -- when its maker was last heard of
    counts       text,                          -- rows of each table, as JSON
    size         bigint not null,
    digest       text,
    says         text
);

create table cohort_part (
    file_id      text not null,
    n            bigint not null,
    body         text not null,                 -- Base64
    primary key (file_id, n)
);

create index try_of_delivery on delivery_try (delivery_id, seq);
create index cohort_file_of on cohort_file (owner, asked_at);
create index cohort_file_by_time on cohort_file (asked_at);
create index delivery_given_up on delivery (dead_at) where dead_at is not null;
create index delivery_by_time on delivery (made_at);
create index alarm_closed on alarm (changed_at) where open = 0;
