-- What people keep for themselves, by the name they sign in with.
CREATE TABLE dag_favorite (
    user_name TEXT NOT NULL,
    dag_id TEXT NOT NULL,
    PRIMARY KEY (user_name, dag_id)
);

CREATE TABLE saved_view (
    id {{serial}},
    user_name TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    UNIQUE (user_name, name)
);

-- Failed runs that somebody has seen. Clearing a run makes it unseen again: the number no longer fits.
CREATE TABLE acknowledgement (
    dag_run_id BYTEA PRIMARY KEY NOT NULL,
    clear_number BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
