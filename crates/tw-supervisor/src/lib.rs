//! One attempt from start to end: requests, logs, limits, reports.
