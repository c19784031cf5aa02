//! What running attempts use over time: `recording` bounds a series (pure), `processes` reads what
//! the kernel counts, `sampler` puts them together once a second.
//!
//! A series goes the way of the other figures of a process: it is reported with the exit, in
//! [`crate::TaskServices::attempt_exited`], and not with the end of the attempt. So it covers what ran
//! after the end was reported (callbacks), and the decision core neither sees nor carries it: nothing
//! is decided by it, and its row is found by the id of the try, which fences it.

mod processes;
mod recording;
mod sampler;

pub use sampler::UsageSampler;
pub(crate) use sampler::Watched;
