-- Searching a record from outside: by kind, by the time of recording, grades by bedside time.

-- The newest value of one kind, however much else was charted since.
create index fact_of_kind on fact (patient_id, kind, effective_at);
-- What is new since somebody looked last.
create index fact_by_recording on fact (patient_id, recorded_at);
create index assessment_by_bedside on assessment (patient_id, effective_at);
