-- The same step as migrations.py beside this file, for PostgreSQL.

-- RECORDS: rows are only added.

create table account (
    id           text not null primary key,
    name         text not null unique,          -- what is typed, case-folded
    subject      text unique,                   -- issuer and subject of a provider; null is local
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table account_standing (
    seq          bigint generated always as identity primary key,  -- the newest counts
    id           text not null unique,
    account_id   text not null references account (id),
    shown        text not null,                 -- the name that stands in the record
    role         text not null,
    units        text,                          -- JSON list; null is every unit
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table account_secret (
    seq          bigint generated always as identity primary key,  -- the newest of each kind counts
    id           text not null unique,
    account_id   text not null references account (id),
    kind         text not null check (kind in ('password', 'pin')),
    digest       text not null,                 -- Argon2id of a keyed digest, never the secret
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table account_end (
    account_id   text not null primary key references account (id),
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create table glass (
    id           text not null primary key,     -- one patient was opened to somebody of elsewhere
    account_id   text not null references account (id),
    patient_id   text not null references patient (id),
    category     text not null,
    reason       text not null,
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    until_at     timestamptz not null
);

create table glass_review (
    glass_id     text not null primary key references glass (id),
    note         text not null,
    recorded_at  timestamptz not null,
    recorded_by  text not null
);

create index standing_of_account on account_standing (account_id, seq);
create index secret_of_account on account_secret (account_id, kind, seq);
create index glass_of_account on glass (account_id, until_at);
create index glass_of_patient on glass (patient_id, until_at);

create trigger account_kept before update or delete or truncate on account
    for each statement execute function refuse_change();
create trigger account_standing_kept before update or delete or truncate on account_standing
    for each statement execute function refuse_change();
create trigger account_secret_kept before update or delete or truncate on account_secret
    for each statement execute function refuse_change();
create trigger account_end_kept before update or delete or truncate on account_end
    for each statement execute function refuse_change();
create trigger glass_kept before update or delete or truncate on glass
    for each statement execute function refuse_change();
create trigger glass_review_kept before update or delete or truncate on glass_review
    for each statement execute function refuse_change();

-- WORK: rows change; without them people sign in anew.

create table session (
    id           text not null primary key,     -- keyed digest of the cookie
    account_id   text not null references account (id),
    method       text not null,                 -- password, pin or provider
    form_key     text not null,                 -- what a form of this session must carry
    display      bigint not null,              -- 1: a display on a wall, which does not lock
    opened_at    timestamptz not null,
    until_at     timestamptz not null,
    seen_at      timestamptz not null,                 -- to about a minute
    locked_at    timestamptz,
    ended_at     timestamptz
);

create table sign_in_attempt (
    name         text not null primary key,     -- keyed digest of what was typed
    failures     bigint not null,
    began_at     timestamptz not null,
    until_at     timestamptz                           -- refused unasked before this
);

create table preference (
    account_id   text not null primary key references account (id),
    language     text,                          -- null is what the browser asks for
    theme        text                           -- light or dark; null is what the device says
);

create index session_of_account on session (account_id, opened_at);
create index session_over on session (until_at);
create index attempt_by_time on sign_in_attempt (began_at);
