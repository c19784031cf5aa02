//! DAG folders: watching, hashing, parse queue and versions.
