-- Which notifications of a subscription have come, so that one that has not is missed. Work.

create table notified (
    source       text not null,                 -- who tells: a token's name
    subscription text not null,                 -- as the source calls it
    number       bigint not null,               -- of the event, counted by the source
    kind         text not null,                 -- full, id-only, empty
    heard_at     timestamptz not null,
    primary key (source, subscription, number)
);
