//! Attempts in children of the warm Python process.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tw_executor::{AttemptRunner, KillSignal};
use tw_model::Workload;
use tw_python::SpawnError as PythonSpawnError;
use tw_python::{BridgeError, BridgeKeeper, Child, ChildKind, SpawnRequest, TemplateFile};
use tw_supervisor::{ChildSource, SpawnError, Supervisor};

/// Forks attempts from the current fork server, from a template of their DAG file if there is one.
/// An attempt stays queued while there is none: an environment that is repaired later costs no try.
pub(crate) struct BridgeChildren {
    pub(crate) bridge: BridgeKeeper,
    pub(crate) bundles: Vec<(String, PathBuf)>,
}

#[async_trait]
impl ChildSource for BridgeChildren {
    async fn spawn(&self, workload: &Workload) -> Result<Child, SpawnError> {
        let bundle = self.bundles.iter().find(|(name, _)| *name == workload.bundle_name);
        let template = bundle.map(|(name, path)| TemplateFile {
            bundle_name: name.clone(),
            bundle_path: path.clone(),
            relative_fileloc: workload.relative_fileloc.clone(),
        });
        let request = SpawnRequest { kind: ChildKind::Task, template };
        loop {
            match self.bridge.spawn(request.clone()).await {
                Ok(child) => return Ok(child),
                Err(PythonSpawnError::NoBridge(error)) if !matches!(error, BridgeError::Stopping) => {
                    self.bridge.ready().await.map_err(PythonSpawnError::NoBridge)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Lets the local executor run attempts under the supervisor.
pub(crate) struct Supervised(pub(crate) Arc<Supervisor>);

#[async_trait]
impl AttemptRunner for Supervised {
    async fn run(&self, workload: Workload, mut kill: KillSignal) {
        self.0.run(workload, async move { kill.asked().await }).await;
    }
}
