-- The ledger of a fold: what the grades of weeks rest on, written only when it changes.
-- A fold without one is folded again from the facts.
alter table fold add column ledger text;
alter table checkpoint add column ledger text;
