//! What the DAG source needs: the scheduler takes parsed files, the store remembers files and
//! answers what top-level code asks.

use async_trait::async_trait;
use tw_dagsource::{FileKey, FileMemory, FileSink, KnownFile, ParseServices, PortError};
use tw_engine::{Input, ParsedFile};
use tw_model::{Connection, Variable};
use tw_scheduler::Handle;
use tw_store::{DagFile, Store, StoreError};

use crate::compose::chain;

pub(crate) struct SchedulerSink(pub(crate) Handle);

#[async_trait]
impl FileSink for SchedulerSink {
    async fn submit(&self, file: ParsedFile) -> Result<(), PortError> {
        let reply = self.0.submit(Input::FileParsed(file)).await;
        reply.map(drop).map_err(|error| PortError(error.to_string()))
    }
}

/// The store's memory of the files of these bundles.
pub(crate) struct StoredFiles {
    pub(crate) store: Store,
    pub(crate) bundles: Vec<String>,
}

fn failed(error: StoreError) -> PortError {
    PortError(chain(&error))
}

#[async_trait]
impl FileMemory for StoredFiles {
    async fn load(&self) -> Result<Vec<KnownFile>, PortError> {
        let mut files = Vec::new();
        for bundle in &self.bundles {
            files.extend(self.store.dag_files_load(bundle).await.map_err(failed)?);
        }
        let known = files.into_iter().map(|file| KnownFile {
            key: FileKey { bundle_name: file.bundle_name, relative_fileloc: file.relative_fileloc },
            sha256: file.sha256,
            environment: file.environment,
            parsed_at: file.parsed_at,
        });
        Ok(known.collect())
    }

    async fn save(&self, files: &[KnownFile]) -> Result<(), PortError> {
        for file in files.iter().cloned() {
            let row = DagFile {
                bundle_name: file.key.bundle_name,
                relative_fileloc: file.key.relative_fileloc,
                sha256: file.sha256,
                environment: file.environment,
                parsed_at: file.parsed_at,
            };
            self.store.dag_file_save(&row).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn forget(&self, files: &[FileKey]) -> Result<(), PortError> {
        for file in files {
            self.store.dag_file_forget(&file.bundle_name, &file.relative_fileloc).await.map_err(failed)?;
        }
        Ok(())
    }
}

pub(crate) struct StoredValues(pub(crate) Store);

#[async_trait]
impl ParseServices for StoredValues {
    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, PortError> {
        self.0.connection_get(conn_id).await.map_err(failed)
    }

    async fn variable(&self, key: &str) -> Result<Option<Variable>, PortError> {
        self.0.variable_get(key).await.map_err(failed)
    }

    async fn variable_keys(
        &self,
        prefix: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<String>, u64), PortError> {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.0.variable_keys(prefix.unwrap_or_default(), limit, offset).await.map_err(failed)
    }

    async fn put_variable(&self, variable: Variable) -> Result<(), PortError> {
        self.0.variable_put(&variable).await.map_err(failed)
    }

    async fn delete_variable(&self, key: &str) -> Result<(), PortError> {
        self.0.variable_delete(key).await.map(drop).map_err(failed)
    }
}
