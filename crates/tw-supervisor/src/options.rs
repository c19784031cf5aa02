//! What a supervisor is told by configuration.

use std::time::Duration;

use tw_tasklog::LogLayout;

/// Settings of a [`crate::Supervisor`].
#[derive(Clone, Debug)]
pub struct SupervisorOptions {
    /// Name of this machine, as people know it.
    pub hostname: String,
    /// User that children run as.
    pub unixname: String,
    /// Where attempt logs are.
    pub logs: LogLayout,
    /// Further words that make the name of a variable or setting sensitive
    /// (Airflow: `[core] sensitive_var_conn_names`).
    pub sensitive_names: Vec<String>,
    /// Longest list or map that a mapped task may be expanded over (Airflow: `[core] max_map_length`).
    pub max_map_length: u64,
    /// How long callbacks may run after the attempt's end was reported
    /// (Airflow: `[core] task_success_overtime`).
    pub overtime: Duration,
    /// Time between SIGTERM and SIGKILL (S-6.16).
    pub kill_grace: Duration,
    /// How much later than the child itself the supervisor enforces `execution_timeout`: the
    /// child's alarm cannot interrupt code that never returns to Python.
    pub timeout_grace: Duration,
    /// Longest pause within one message of the child. It writes a message in one go, so a longer one
    /// means that something else wrote there and the child will never be understood again.
    pub frame_stall: Duration,
    /// How long channels are read after the process ended, if programs that it started still hold
    /// them open (Airflow: `[workers] socket_cleanup_timeout`, 60 s; shorter here, because the
    /// attempt keeps its slot that long).
    pub close_after_exit: Duration,
    /// Time between two samples of what running attempts use.
    pub usage_period: Duration,
}

impl SupervisorOptions {
    /// The defaults.
    pub fn new(hostname: impl Into<String>, unixname: impl Into<String>, logs: LogLayout) -> Self {
        Self {
            hostname: hostname.into(),
            unixname: unixname.into(),
            logs,
            sensitive_names: Vec::new(),
            max_map_length: 1024,
            overtime: Duration::from_secs(20),
            kill_grace: Duration::from_secs(5),
            timeout_grace: Duration::from_secs(30),
            frame_stall: Duration::from_secs(30),
            close_after_exit: Duration::from_secs(5),
            usage_period: Duration::from_secs(1),
        }
    }
}
