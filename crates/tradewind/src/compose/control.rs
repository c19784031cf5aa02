//! The API's way to the scheduler, to Python, and to the browser part.

use async_trait::async_trait;
use tw_api::{Changes, ConnectionTester, ConnectionVerdict, Control, ControlError, Page, PythonHealth, PythonState};
use tw_dagsource::{PythonConnectionTests, Verdict};
use tw_engine::{Explanation, Input, Reply, Subject};
use tw_model::{Connection, Pace, TaskInstanceId, UsageSeries};
use tw_python::{BridgeKeeper, Versions};
use tw_scheduler::Handle;
use tw_supervisor::UsageSampler;

use crate::compose::chain;

pub(crate) struct SchedulerControl {
    pub(crate) scheduler: Handle,
    pub(crate) changes: Changes,
    pub(crate) usage: UsageSampler,
}

#[async_trait]
impl Control for SchedulerControl {
    async fn submit(&self, input: Input) -> Result<Reply, ControlError> {
        self.scheduler.submit(input).await.map_err(|_| ControlError::Unavailable)
    }

    async fn explain(&self, subject: Subject) -> Explanation {
        self.scheduler.explain(subject).await.unwrap_or_default()
    }

    fn live_usage(&self, id: TaskInstanceId) -> Option<UsageSeries> {
        self.usage.series(id)
    }

    fn pace(&self) -> Pace {
        self.scheduler.pace()
    }

    fn changes(&self) -> &Changes {
        &self.changes
    }
}

/// How the Python bridge does.
pub(crate) struct Bridge(pub(crate) BridgeKeeper);

#[async_trait]
impl PythonHealth for Bridge {
    async fn python(&self) -> PythonState {
        tokio::select! {
            biased;
            settled = self.0.current() => match settled {
                Ok(bridge) => PythonState::Ready(named(bridge.versions())),
                Err(error) => PythonState::Failed(chain(&error)),
            },
            // The keeper answers at once unless a start is under way.
            () = std::future::ready(()) => PythonState::Starting,
        }
    }
}

fn named(versions: &Versions) -> String {
    let mut text = format!("Python {}", versions.python);
    if let Some(sdk) = &versions.sdk {
        text.push_str(&format!(", Airflow Task SDK {sdk}"));
    }
    text
}

/// Tests connections in children of the Python bridge.
pub(crate) struct ConnectionTests(pub(crate) PythonConnectionTests);

#[async_trait]
impl ConnectionTester for ConnectionTests {
    async fn test(&self, connection: Connection) -> ConnectionVerdict {
        let Verdict { status, message } = self.0.test(connection).await;
        ConnectionVerdict { works: status, message }
    }
}

/// The browser part as the API serves it.
pub(crate) fn page(path: &str, takes_page: bool) -> Option<Page> {
    let tw_webui::File { body, content_type, cache_control } = tw_webui::file(path, takes_page)?;
    Some(Page { body, content_type, cache_control })
}
