//! What running attempts use over time: `recording` bounds a series (pure), `processes` reads what
//! the kernel counts, `sampler` puts them together once a second.

mod processes;
mod recording;
mod sampler;

pub use sampler::UsageSampler;
pub(crate) use sampler::Watched;
