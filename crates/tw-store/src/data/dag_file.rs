//! What the last parse of each DAG file saw, so that unchanged files are not parsed again.

use tw_model::Timestamp;

use crate::batch::Step;
use crate::error::StoreError;
use crate::query::queries;
use crate::store::Store;
use crate::value::Value;

queries! {
    LOAD = "SELECT bundle_name, relative_fileloc, sha256, environment, parsed_at_us FROM dag_file \
        WHERE bundle_name = $1 ORDER BY relative_fileloc";
    SAVE = "INSERT INTO dag_file (bundle_name, relative_fileloc, sha256, environment, parsed_at_us) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (bundle_name, relative_fileloc) DO UPDATE SET \
        sha256 = excluded.sha256, environment = excluded.environment, parsed_at_us = excluded.parsed_at_us";
    FORGET = "DELETE FROM dag_file WHERE bundle_name = $1 AND relative_fileloc = $2";
}

/// What was parsed, and in which environment. A file whose hash and environment are the same needs
/// no parse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DagFile {
    /// Bundle.
    pub bundle_name: String,
    /// Path below the bundle.
    pub relative_fileloc: String,
    /// Hash of the content, in hexadecimal.
    pub sha256: String,
    /// Names everything else the result depends on: interpreter, SDK, program version.
    pub environment: String,
    /// When.
    pub parsed_at: Timestamp,
}

impl Store {
    /// All files of a bundle that were parsed, by path.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_files_load(&self, bundle_name: &str) -> Result<Vec<DagFile>, StoreError> {
        self.list(LOAD, [bundle_name.into()], |c| {
            Ok(DagFile {
                bundle_name: c.take()?,
                relative_fileloc: c.take()?,
                sha256: c.take()?,
                environment: c.take()?,
                parsed_at: c.take()?,
            })
        })
        .await
    }

    /// Keeps what a parse saw, replacing what an earlier one of this file saw.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_file_save(&self, file: &DagFile) -> Result<(), StoreError> {
        let values: [Value; 5] = [
            (&file.bundle_name).into(),
            (&file.relative_fileloc).into(),
            (&file.sha256).into(),
            (&file.environment).into(),
            file.parsed_at.into(),
        ];
        self.transact(vec![Step::new(SAVE, values)]).await.map(drop)
    }

    /// Forgets a file that is gone.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn dag_file_forget(&self, bundle_name: &str, relative_fileloc: &str) -> Result<(), StoreError> {
        self.transact(vec![Step::new(FORGET, [bundle_name.into(), relative_fileloc.into()])]).await.map(drop)
    }
}
