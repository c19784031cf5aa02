//! `tradewind db`: works on the database itself, with or without a server.

use std::fs;

use anyhow::Context;
use tw_config::Settings;
use tw_store::{Store, StoreOptions};

use super::args::{DbCommand, Global};
use super::exit::Fault;
use super::output::Output;
use super::{dags, setup};

/// Runs one of the commands.
pub(crate) fn run(global: &Global, command: DbCommand, output: &Output) -> anyhow::Result<()> {
    let (flags, migrate) = match &command {
        DbCommand::Migrate(flags) => (flags, true),
        DbCommand::Check(flags) => (flags, false),
    };
    let settings = setup::settings(global, flags)?;
    let shown = tw_config::value::without_password(&settings.database);
    if migrate {
        fs::create_dir_all(&settings.home).with_context(|| format!("cannot create {}", settings.home.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = open(&settings).await.with_context(|| format!("cannot open {shown}"))?;
        if migrate {
            store.migrate(dags::now()?).await.with_context(|| format!("cannot migrate {shown}"))?;
        }
        let ready = check(&store).await;
        ready.map_err(|error| error.context(Fault::Failed(format!("{shown} is not ready"))))
    })?;
    output.say(&format!("{shown} is ready"));
    Ok(())
}

/// Opens the database of the settings. No key is needed to look at the schema.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Store> {
    let options = StoreOptions { connections: 1, ..StoreOptions::default() };
    Ok(Store::open(&settings.database, options).await?)
}

/// Checks the schema, and that every query of this program fits it.
pub(crate) async fn check(store: &Store) -> anyhow::Result<()> {
    store.check().await?;
    store.prepare_all().await?;
    Ok(())
}
