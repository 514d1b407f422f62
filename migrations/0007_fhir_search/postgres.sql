-- Searching a record from outside: by kind, by the time of recording, grades by bedside time.

-- The newest value of one kind, however much else was charted since.
-- Doses have an index of their own, by drug.
create index fact_of_kind on fact (patient_id, kind, effective_at)
    where kind <> 'administration';
-- What is new since somebody looked last. The condition always holds: only who states it is
-- offered this index, and no other query is led away from its own by it.
create index fact_by_recording on fact (patient_id, recorded_at) where seq > 0;
create index assessment_by_bedside on assessment (patient_id, effective_at);
