-- What a list of audit lines asks for besides a DAG and a time. Few lines have an owner: people's acts.
CREATE INDEX audit_log_by_event ON audit_log (event, at_us);
CREATE INDEX audit_log_by_owner ON audit_log (owner, at_us) WHERE owner IS NOT NULL;
