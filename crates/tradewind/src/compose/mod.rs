//! Where concrete parts meet: each file here makes one part of the system look like the port
//! that another part asks for.

pub(crate) mod callbacks;
pub(crate) mod changes;
pub(crate) mod control;
pub(crate) mod dag_files;
pub(crate) mod home;
pub(crate) mod python;
pub(crate) mod services;

/// An error with its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
