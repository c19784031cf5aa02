//! How long a task instance pauses before its next try (S-6.4 to S-6.8).

use sha1::{Digest, Sha1};
use tw_model::{DagId, Task, TimeSpan, Timestamp};

/// The pause after try `try_number` of `task` failed.
///
/// The jitter is a hash of dag id, task id, logical date and try number; the map index is left
/// out, so all instances of a task pause alike (S-6.6).
pub(crate) fn delay(
    dag_id: &DagId,
    task: &Task,
    logical_date: Option<Timestamp>,
    try_number: u32,
    cap: TimeSpan,
) -> TimeSpan {
    let factor = task.retry_exponential_backoff;
    if factor <= 0.0 || factor == 1.0 {
        return task.retry_delay;
    }
    let cap_secs = cap.as_secs_f64();
    let grown = task.retry_delay.as_secs_f64() * factor.powi(try_number.saturating_sub(1) as i32);
    // An overflow of the power is the cap itself, as is anything a u64 could not hold exactly.
    let base = if grown.is_finite() { grown.ceil().clamp(1.0, 1e18) } else { cap_secs } as u64;
    let date = logical_date.map_or_else(|| "None".to_owned(), Timestamp::to_python_str);
    let jitter = hash_mod(&format!("{dag_id}#{}#{date}#{try_number}", task.task_id), base);
    let delay = TimeSpan::from_secs(i64::try_from(base.saturating_add(jitter)).unwrap_or(i64::MAX)).min(cap);
    task.max_retry_delay.map_or(delay, |max| delay.min(max))
}

/// The SHA-1 of `text`, read as one big-endian number, modulo `modulus`.
fn hash_mod(text: &str, modulus: u64) -> u64 {
    let modulus = u128::from(modulus.max(1));
    let rest =
        Sha1::digest(text.as_bytes()).iter().fold(0u128, |rest, byte| (rest * 256 + u128::from(*byte)) % modulus);
    rest as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(factor: f64, tries: &[u32], logical_date: Option<Timestamp>, max: Option<i64>) -> Vec<i64> {
        let mut task = Task::new("t".into(), "PythonOperator");
        task.retry_delay = TimeSpan::from_secs(30);
        task.retry_exponential_backoff = factor;
        task.max_retry_delay = max.map(TimeSpan::from_secs);
        let cap = TimeSpan::from_secs(86_400);
        let one = |&t: &u32| delay(&DagId::from("d"), &task, logical_date, t, cap).as_micros() / 1_000_000;
        tries.iter().map(one).collect()
    }

    #[test]
    fn delays_as_observed_on_airflow() {
        let date: Option<Timestamp> = "2024-01-01T00:00:00Z".parse().ok();
        let tries = [1, 2, 3, 4, 5, 6];
        assert_eq!(delays(0.0, &tries, date, None), [30; 6]);
        assert_eq!(delays(1.0, &tries, date, None), [30; 6]);
        assert_eq!(delays(2.0, &tries, date, None), [41, 97, 198, 261, 957, 985]);
        assert_eq!(delays(3.0, &tries, date, None), [41, 97, 378, 1041, 2457, 7855]);
        assert_eq!(delays(0.5, &tries, date, None), [41, 22, 14, 5, 3, 1]);
        assert_eq!(delays(2.0, &[1, 2, 3, 4], None, None), [43, 110, 198, 308]);
        assert_eq!(delays(2.0, &[1, 2, 3, 4], date, Some(100)), [41, 97, 100, 100]);
        assert_eq!(delays(2.0, &[12, 13, 40, 2000], date, None), [66_717, 86_400, 86_400, 86_400]);
    }
}
