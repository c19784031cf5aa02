//! The API's way to the scheduler.

use async_trait::async_trait;
use tw_api::{Control, ControlError};
use tw_engine::{Blocker, Input, Reply, Subject};
use tw_scheduler::Handle;

pub(crate) struct SchedulerControl(pub(crate) Handle);

#[async_trait]
impl Control for SchedulerControl {
    async fn submit(&self, input: Input) -> Result<Reply, ControlError> {
        self.0.submit(input).await.map_err(|_| ControlError::Unavailable)
    }

    async fn explain(&self, subject: Subject) -> Vec<Blocker> {
        self.0.explain(subject).await.unwrap_or_default()
    }
}
