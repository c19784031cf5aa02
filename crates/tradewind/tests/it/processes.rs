//! What runs on this machine on behalf of a test.
//!
//! A server is started with a variable of the test's own in its environment, and every process
//! below it inherits that, whatever becomes of its parents.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Name of the variable.
pub(crate) const MARK: &str = "IT_MARK";

/// The processes whose environment carries `mark`. One that has ended but was not reaped is none.
pub(crate) fn marked(mark: &str) -> Vec<u32> {
    let wanted = format!("{MARK}={mark}");
    let entries = fs::read_dir("/proc").expect("a Linux machine");
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| has_variable(*pid, &wanted)).collect()
}

fn has_variable(pid: u32, wanted: &str) -> bool {
    // The file of a zombie, or of a process that has just gone, reads as empty or not at all.
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

/// What a process calls itself, for messages.
pub(crate) fn title(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    words.join(" ").trim().to_owned()
}

/// Sends `signal`. A process that has gone is no error.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a process id")).expect("it is not 0");
    let _ = kill_process(pid, signal);
}
