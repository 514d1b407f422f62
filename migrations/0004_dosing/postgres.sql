-- Doses: how many vials a unit has, which cards an ordering system was shown, doses found fast.

-- RECORDS: rows are only added.

create table stock_count (
    seq          bigint generated always as identity primary key,
    id           text not null unique,
    unit         text not null,                 -- the ward that has it at hand
    medication   text not null,
    strength_mg  text not null,                 -- of one vial, an exact decimal
    vials        bigint not null,               -- as somebody has counted them
    counted_at   timestamptz not null,
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    note         text
);

create table told_card (
    seq          bigint generated always as identity primary key,
    id           text not null unique,          -- the card's uuid, as it was sent
    patient_id   text not null references patient (id),
    service      text not null,                 -- which of the CDS services told it
    recorded_at  timestamptz not null,
    recorded_by  text not null,
    body         text not null                  -- the card, and what it rested on, as JSON
);

create index stock_of_unit on stock_count (unit, medication, counted_at);
-- The doses of one drug, however many others a patient was given.
create index fact_dose on fact (patient_id, value, effective_at) where kind = 'administration';
-- What a check of a dose asks for, however long the history is.
create index fact_of_dosing on fact (patient_id, kind, effective_at)
    where kind = 'weight' or kind = 'permission' or kind = 'dose_distinct'
          or kind = 'doses_elsewhere';

create trigger stock_count_kept before update or delete or truncate on stock_count
    for each statement execute function refuse_change();
create trigger told_card_kept before update or delete or truncate on told_card
    for each statement execute function refuse_change();
