-- The lines of a run by time, and those of one task instance among the hundreds of thousands that a run may have.
DROP INDEX audit_log_by_dag;
CREATE INDEX audit_log_by_run ON audit_log (dag_id, run_id, at_us, id) WHERE dag_id IS NOT NULL;
CREATE INDEX audit_log_by_task ON audit_log (dag_id, run_id, task_id, map_index, id) WHERE dag_id IS NOT NULL;
-- What people asked for, newest first: few lines among many. It finds one person's, too.
DROP INDEX audit_log_by_owner;
CREATE INDEX audit_log_by_people ON audit_log (at_us, id) WHERE owner IS NOT NULL;
