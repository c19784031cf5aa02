-- The first schema, one text for both databases. `{{serial}}`, `{{roomy}}`, `{{instant:c}}` and
-- `{{hex:c}}` are filled in by src/dialect.rs; nothing else differs.
--
-- Columns ending in _us hold microseconds since 1970 in UTC. Ids are 16 bytes (UUIDv7). States are
-- text with a CHECK. `data`, `conf`, `value` … hold JSON as text.
-- There are no foreign keys: runs and task instances have one writer that keeps them consistent,
-- and checking parents on the hot path would cost a look-up per row.

-- Who may write runs and task instances. One row.
CREATE TABLE leader (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL,
    holder TEXT NOT NULL,
    acquired_at_us BIGINT NOT NULL,
    renewed_at_us BIGINT NOT NULL
);

CREATE TABLE dag (
    dag_id TEXT PRIMARY KEY NOT NULL,
    is_paused BOOLEAN NOT NULL,
    is_stale BOOLEAN NOT NULL,
    has_import_errors BOOLEAN NOT NULL,
    bundle_name TEXT NOT NULL,
    relative_fileloc TEXT NOT NULL,
    latest_version_id BYTEA NOT NULL,
    latest_version_number BIGINT NOT NULL,
    next_run_after_us BIGINT,
    next_logical_date_us BIGINT,
    next_data_interval_start_us BIGINT,
    next_data_interval_end_us BIGINT,
    last_automated_start_us BIGINT,
    last_automated_end_us BIGINT,
    last_parsed_at_us BIGINT NOT NULL,
    parse_micros BIGINT NOT NULL,
    consecutive_failed_runs BIGINT NOT NULL
);
CREATE INDEX dag_by_file ON dag (bundle_name, relative_fileloc);
CREATE INDEX dag_by_next_run ON dag (next_run_after_us) WHERE next_run_after_us IS NOT NULL;

-- `head` is the same DAG without its tasks and groups: enough for lists, and small. The large
-- columns come last so that reading the others does not touch them.
CREATE TABLE dag_version (
    id BYTEA PRIMARY KEY NOT NULL,
    dag_id TEXT NOT NULL,
    version_number BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    owners TEXT NOT NULL,
    task_count BIGINT NOT NULL,
    has_task_limits BOOLEAN NOT NULL,
    head TEXT NOT NULL,
    data TEXT NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (dag_id, version_number)
);

-- Tags of the latest version.
CREATE TABLE dag_tag (
    dag_id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (dag_id, name)
);
CREATE INDEX dag_tag_by_name ON dag_tag (name, dag_id);

CREATE TABLE dag_run (
    id BYTEA PRIMARY KEY NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    run_type TEXT NOT NULL CHECK (run_type IN
        ('scheduled', 'manual', 'backfill', 'asset_triggered', 'operator_triggered', 'asset_materialization')),
    triggered_by TEXT NOT NULL CHECK (triggered_by IN
        ('timetable', 'asset', 'backfill', 'rest_api', 'ui', 'operator', 'cli', 'test')),
    triggering_user TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
    logical_date_us BIGINT,
    data_interval_start_us BIGINT,
    data_interval_end_us BIGINT,
    run_after_us BIGINT NOT NULL,
    queued_at_us BIGINT,
    start_date_us BIGINT,
    end_date_us BIGINT,
    dag_version_id BYTEA NOT NULL,
    clear_number BIGINT NOT NULL,
    reason TEXT,
    note TEXT,
    conf TEXT NOT NULL,
    UNIQUE (dag_id, run_id),
    UNIQUE (dag_id, logical_date_us)
);
CREATE INDEX dag_run_by_dag ON dag_run (dag_id, run_after_us DESC);
CREATE INDEX dag_run_by_state ON dag_run (state, run_after_us DESC);
CREATE INDEX dag_run_newest ON dag_run (run_after_us DESC);
CREATE INDEX dag_run_unfinished ON dag_run (dag_id) WHERE state IN ('queued', 'running');

-- `id` names the current try. `exit_status` is the exit code, or minus the number of the signal.
-- `return_length`: NULL = nothing pushed, -1 = pushed, otherwise the length that mapped tasks use.
-- This is the most written table. No index has the state: every change of state would move its
-- entry, which costs SQLite a fifth more, and keeps PostgreSQL from updating in place. Unfinished
-- instances are found through the unfinished runs. The CHECK is a chain of OR because SQLite builds a
-- temporary tree for an IN list of this length at every write.
CREATE TABLE task_instance (
    id BYTEA NOT NULL,
    dag_run_id BYTEA NOT NULL,
    task_id TEXT NOT NULL,
    map_index BIGINT NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    dag_version_id BYTEA NOT NULL,
    state TEXT CHECK (
        state = 'scheduled' OR state = 'queued' OR state = 'running' OR state = 'success' OR state = 'skipped' OR
        state = 'upstream_failed' OR state = 'up_for_retry' OR state = 'failed' OR state = 'up_for_reschedule' OR
        state = 'deferred' OR state = 'removed' OR state = 'restarting' OR state = 'awaiting_input'),
    try_number BIGINT NOT NULL,
    max_tries BIGINT NOT NULL,
    dispatch BIGINT NOT NULL,
    scheduled_at_us BIGINT,
    queued_at_us BIGINT,
    start_date_us BIGINT,
    end_date_us BIGINT,
    not_before_us BIGINT,
    reschedule_count BIGINT NOT NULL,
    first_reschedule_date_us BIGINT,
    pool TEXT NOT NULL,
    pool_slots BIGINT NOT NULL,
    queue TEXT NOT NULL,
    priority_weight BIGINT NOT NULL,
    operator TEXT NOT NULL,
    executor TEXT,
    return_length BIGINT,
    skip_record TEXT,
    reason TEXT,
    hostname TEXT,
    unixname TEXT,
    pid BIGINT,
    rendered_map_index TEXT,
    exit_status BIGINT,
    user_cpu_us BIGINT,
    system_cpu_us BIGINT,
    max_rss_bytes BIGINT,
    PRIMARY KEY (dag_run_id, task_id, map_index)
){{roomy}};
-- Not unique: within a commit an id may move from one row to another (S-4.7b).
CREATE INDEX task_instance_by_id ON task_instance (id);

-- Earlier tries, each with the id it had.
CREATE TABLE task_instance_history (
    id BYTEA PRIMARY KEY NOT NULL,
    dag_run_id BYTEA NOT NULL,
    task_id TEXT NOT NULL,
    map_index BIGINT NOT NULL,
    dag_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    dag_version_id BYTEA NOT NULL,
    state TEXT,
    try_number BIGINT NOT NULL,
    max_tries BIGINT NOT NULL,
    dispatch BIGINT NOT NULL,
    scheduled_at_us BIGINT,
    queued_at_us BIGINT,
    start_date_us BIGINT,
    end_date_us BIGINT,
    not_before_us BIGINT,
    reschedule_count BIGINT NOT NULL,
    first_reschedule_date_us BIGINT,
    pool TEXT NOT NULL,
    pool_slots BIGINT NOT NULL,
    queue TEXT NOT NULL,
    priority_weight BIGINT NOT NULL,
    operator TEXT NOT NULL,
    executor TEXT,
    return_length BIGINT,
    skip_record TEXT,
    reason TEXT,
    hostname TEXT,
    unixname TEXT,
    pid BIGINT,
    rendered_map_index TEXT,
    exit_status BIGINT,
    user_cpu_us BIGINT,
    system_cpu_us BIGINT,
    max_rss_bytes BIGINT,
    UNIQUE (dag_run_id, task_id, map_index, try_number)
);

-- Templated fields as rendered by the newest attempt of a task instance.
CREATE TABLE rendered_fields (
    dag_run_id BYTEA NOT NULL,
    task_id TEXT NOT NULL,
    map_index BIGINT NOT NULL,
    dag_id TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (dag_run_id, task_id, map_index)
);
CREATE INDEX rendered_fields_by_task ON rendered_fields (dag_id, task_id, dag_run_id);

CREATE TABLE xcom (
    dag_run_id BYTEA NOT NULL,
    task_id TEXT NOT NULL,
    map_index BIGINT NOT NULL,
    key TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (dag_run_id, task_id, map_index, key)
);

-- `value`, `password` and `extra` are Fernet tokens where the flag beside them says so.
CREATE TABLE variable (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    is_encrypted BOOLEAN NOT NULL,
    description TEXT
);

CREATE TABLE connection (
    conn_id TEXT PRIMARY KEY NOT NULL,
    conn_type TEXT NOT NULL,
    description TEXT,
    host TEXT,
    schema TEXT,
    login TEXT,
    password TEXT,
    is_encrypted BOOLEAN NOT NULL,
    port BIGINT,
    extra TEXT,
    is_extra_encrypted BOOLEAN NOT NULL
);

CREATE TABLE pool (
    name TEXT PRIMARY KEY NOT NULL,
    slots BIGINT NOT NULL,
    description TEXT,
    include_deferred BOOLEAN NOT NULL
);

CREATE TABLE import_error (
    id {{serial}},
    bundle_name TEXT NOT NULL,
    relative_fileloc TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (bundle_name, relative_fileloc)
);

-- What the last parse of a file saw, so that unchanged files are not parsed again.
CREATE TABLE dag_file (
    bundle_name TEXT NOT NULL,
    relative_fileloc TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    environment TEXT NOT NULL,
    parsed_at_us BIGINT NOT NULL,
    PRIMARY KEY (bundle_name, relative_fileloc)
);

CREATE TABLE callback_request (
    id BYTEA PRIMARY KEY NOT NULL,
    data TEXT NOT NULL
);

CREATE TABLE audit_log (
    id {{serial}},
    at_us BIGINT NOT NULL,
    event TEXT NOT NULL,
    owner TEXT,
    dag_id TEXT,
    run_id TEXT,
    task_id TEXT,
    map_index BIGINT,
    try_number BIGINT,
    detail TEXT
);
CREATE INDEX audit_log_by_time ON audit_log (at_us);
CREATE INDEX audit_log_by_dag ON audit_log (dag_id, run_id) WHERE dag_id IS NOT NULL;

-- Requests to the leader from other processes. `reply` is set in the transaction that applies one.
CREATE TABLE inbox (
    id {{serial}},
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    put_at_us BIGINT NOT NULL,
    reply TEXT
);
CREATE INDEX inbox_waiting ON inbox (id) WHERE reply IS NULL;

CREATE TABLE account (
    name TEXT PRIMARY KEY NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'op', 'admin')),
    created_at_us BIGINT NOT NULL
);

-- For people at a database prompt.
CREATE VIEW dag_run_readable AS
SELECT {{hex:id}} AS id, dag_id, run_id, run_type, state,
       {{instant:logical_date_us}} AS logical_date, {{instant:run_after_us}} AS run_after,
       {{instant:start_date_us}} AS start_date, {{instant:end_date_us}} AS end_date,
       reason, note, conf
FROM dag_run;

CREATE VIEW task_instance_readable AS
SELECT {{hex:id}} AS id, dag_id, run_id, task_id, map_index, state, try_number, max_tries,
       {{instant:scheduled_at_us}} AS scheduled_at, {{instant:queued_at_us}} AS queued_at,
       {{instant:start_date_us}} AS start_date, {{instant:end_date_us}} AS end_date,
       {{instant:not_before_us}} AS not_before,
       pool, queue, operator, reason, hostname, pid, exit_status, max_rss_bytes
FROM task_instance;

CREATE VIEW audit_log_readable AS
SELECT id, {{instant:at_us}} AS at, event, owner, dag_id, run_id, task_id, map_index, try_number, detail
FROM audit_log;
