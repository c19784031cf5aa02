//! Where the log of an attempt is: Airflow's default layout, one folder per level.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tw_model::Workload;

/// Longest file name that common filesystems take, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// What names the log of an attempt. All dispatches of one try share a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogName<'a> {
    /// The DAG.
    pub dag_id: &'a str,
    /// The run.
    pub run_id: &'a str,
    /// The task.
    pub task_id: &'a str,
    /// Index among mapped instances; negative = not mapped.
    pub map_index: i32,
    /// The try, counted from 1.
    pub try_number: u32,
}

impl<'a> From<&'a Workload> for LogName<'a> {
    fn from(workload: &'a Workload) -> Self {
        Self {
            dag_id: workload.dag_id.as_str(),
            run_id: workload.run_id.as_str(),
            task_id: workload.task_id.as_str(),
            map_index: workload.map_index,
            try_number: workload.try_number,
        }
    }
}

/// Finds logs below one folder.
///
/// ```
/// use tw_tasklog::{LogLayout, LogName};
/// let name = LogName { dag_id: "d", run_id: "manual__1", task_id: "g.t", map_index: 3, try_number: 2 };
/// let path = LogLayout::new("/logs").path(&name);
/// assert_eq!(path.to_str(), Some("/logs/dag_id=d/run_id=manual__1/task_id=g.t/map_index=3/attempt=2.log"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLayout {
    root: PathBuf,
}

impl LogLayout {
    /// The layout below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder that holds all logs.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of one log. It is always below [`LogLayout::root`], whatever the ids contain, and
    /// different names have different files.
    pub fn path(&self, name: &LogName<'_>) -> PathBuf {
        let mut path = self.root.clone();
        path.push(component("dag_id=", name.dag_id));
        path.push(component("run_id=", name.run_id));
        path.push(component("task_id=", name.task_id));
        if name.map_index >= 0 {
            path.push(format!("map_index={}", name.map_index));
        }
        path.push(format!("attempt={}.log", name.try_number));
        path
    }
}

/// One folder name. `/`, `%` and control characters are percent-encoded; the label in front keeps
/// `..` harmless. Names that are too long for a filesystem end in a hash of the whole.
fn component(label: &str, id: &str) -> String {
    let mut name = label.to_owned();
    for character in id.chars() {
        match character {
            '/' | '\\' | '%' | '\0'..='\x1f' | '\x7f' => {
                write!(name, "%{:02X}", u32::from(character)).expect("writing to a string does not fail");
            }
            _ => name.push(character),
        }
    }
    if name.len() > NAME_BYTES_MAX {
        let suffix = format!("~{:016x}", fnv1a(id.as_bytes()));
        name.truncate(name.floor_char_boundary(NAME_BYTES_MAX - suffix.len()));
        name.push_str(&suffix);
    }
    name
}

/// The 64-bit FNV-1a hash: stable across releases and platforms.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(run_id: &str) -> PathBuf {
        let name = LogName { dag_id: "d", run_id, task_id: "t", map_index: -1, try_number: 1 };
        LogLayout::new("/logs").path(&name)
    }

    #[test]
    fn looks_like_airflow() {
        let expected = "/logs/dag_id=d/run_id=scheduled__2026-01-01T00:00:00+00:00/task_id=t/attempt=1.log";
        assert_eq!(path("scheduled__2026-01-01T00:00:00+00:00"), Path::new(expected));
    }

    #[test]
    fn stays_below_its_root() {
        for (run_id, folder) in [
            ("../../etc", "run_id=..%2F..%2Fetc"),
            ("..", "run_id=.."),
            ("/", "run_id=%2F"),
            ("a%2Fb", "run_id=a%252Fb"),
            ("a\0b\nc", "run_id=a%00b%0Ac"),
            ("", "run_id="),
        ] {
            assert_eq!(path(run_id), Path::new("/logs/dag_id=d").join(folder).join("task_id=t/attempt=1.log"));
        }
    }

    #[test]
    fn long_ids_stay_apart_and_fit() {
        let (first, second) = ("ü".repeat(250), format!("{}x", "ü".repeat(249)));
        let (first, second) = (component("run_id=", &first), component("run_id=", &second));
        assert!(first.len() <= NAME_BYTES_MAX && second.len() <= NAME_BYTES_MAX);
        assert_ne!(first, second);
    }
}
