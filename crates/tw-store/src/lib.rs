//! Schema, queries and group commit on SQLite and PostgreSQL.
