//! Airflow's environment variables that Tradewind understands, so that an existing deployment can be
//! tried without rewriting it. Each use leaves a note that names Tradewind's own variable.
//!
//! Airflow variables that are missing here are not ours to judge: the Task SDK in the Python
//! processes reads many of them itself. `AIRFLOW__DATABASE__SQL_ALCHEMY_CONN` is left out on purpose:
//! that database belongs to Airflow and has another schema.

/// Airflow variable, Tradewind key.
pub const NAMES: &[(&str, &str)] = &[
    ("AIRFLOW__CORE__DAGS_FOLDER", "dags"),
    ("AIRFLOW__API__HOST", "host"),
    ("AIRFLOW__API__PORT", "port"),
    ("AIRFLOW__CORE__PARALLELISM", "scheduler.parallelism"),
    ("AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT", "scheduler.default_pool_slots"),
    ("AIRFLOW__CORE__MAX_TASK_RETRY_DELAY", "scheduler.max_retry_delay_secs"),
    ("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "scheduler.dags_are_paused_at_creation"),
    ("AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE", "scheduler.scheduled_runs"),
    ("AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES", "dag_processor.parsing_processes"),
    ("AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT", "dag_processor.file_timeout_secs"),
    ("AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL", "dag_processor.rescan_secs"),
    ("AIRFLOW__CORE__KILLED_TASK_CLEANUP_TIME", "task.kill_grace_secs"),
    ("AIRFLOW__CORE__TASK_SUCCESS_OVERTIME", "task.overtime_secs"),
    ("AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME", "api.jwt_lifetime_secs"),
    ("AIRFLOW__CORE__TEST_CONNECTION", "api.test_connection"),
    ("AIRFLOW__CORE__FERNET_KEY", "security.fernet_key"),
];

/// The Airflow variables for a key.
pub fn variables_for(key: &str) -> impl Iterator<Item = &'static str> {
    NAMES.iter().filter(move |(_, path)| *path == key).map(|(variable, _)| *variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_a_key() {
        for (variable, path) in NAMES {
            assert!(crate::keys::find(path).is_some(), "{variable} leads to {path}");
        }
    }
}
