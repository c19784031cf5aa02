//! One real interpreter: the SDK executes the files.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tw_dagsource::{
    DagFile, FileKey, ParseLimits, ParseResult, ParseServices, Parsed, Parser, PortError, PythonParser,
};
use tw_model::{Connection, Variable};
use tw_python::{BridgeKeeper, BridgeOptions, EnvironmentOptions, environment};

const GOOD: &str = "
from airflow.sdk import DAG, Variable, task
with DAG(Variable.get('name'), schedule='@daily'):
    @task(retries=2)
    def hello():
        return 1
    hello()
";
const BROKEN: &str = "from airflow.sdk import dag\nraise ValueError('boom')\n";
const ENDLESS: &str = "from airflow.sdk import dag\nwhile True: pass\n";
const LEAVING: &str =
    "from airflow.sdk import dag\nimport os, sys\nsys.stderr.write('bye\\n'); sys.stderr.flush()\nos._exit(3)\n";

struct OneVariable;

#[async_trait]
impl ParseServices for OneVariable {
    async fn connection(&self, _: &str) -> Result<Option<Connection>, PortError> {
        Ok(None)
    }
    async fn variable(&self, key: &str) -> Result<Option<Variable>, PortError> {
        let value = "from_a_variable".to_owned();
        Ok(Some(Variable { key: key.to_owned(), value, description: None }).filter(|_| key == "name"))
    }
    async fn variable_keys(&self, _: Option<&str>, _: u64, _: u32) -> Result<(Vec<String>, u64), PortError> {
        Ok((Vec::new(), 0))
    }
    async fn put_variable(&self, _: Variable) -> Result<(), PortError> {
        Ok(())
    }
    async fn delete_variable(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

async fn parse(parser: &PythonParser, folder: &Path, name: &str, text: &str) -> Parsed {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    let key = FileKey { bundle_name: "dags-folder".to_owned(), relative_fileloc: name.to_owned() };
    match parser.parse(&DagFile { key, bundle_path: folder.to_owned(), path }).await {
        ParseResult::Parsed(parsed) => parsed,
        ParseResult::Unavailable { reason } => panic!("{reason}"),
    }
}

#[tokio::test]
async fn files_are_executed_by_the_sdk() {
    let home = tempfile::tempdir().unwrap();
    let dags = home.path().join("dags");
    fs::create_dir(&dags).unwrap();
    let interpreter = Some(environment::for_tests().await.unwrap());
    let options = BridgeOptions {
        work_dir: home.path().join("bridge"),
        bundles: vec![("dags-folder".to_owned(), dags.clone())],
        env: Vec::new(),
        templates_max: 0,
        ready_timeout: Duration::from_secs(120),
    };
    let environment = EnvironmentOptions { interpreter, virtual_env: None, managed_dir: home.path().join("none") };
    let (bridge, service) = BridgeKeeper::new(environment, options);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(service.run(stop.clone()));
    let limits = ParseLimits::default();
    let parser = PythonParser::new(bridge.clone(), Arc::new(OneVariable), limits);

    let good = parse(&parser, &dags, "good.py", GOOD).await;
    assert_eq!(good.import_errors, Vec::<String>::new());
    assert_eq!(good.dags[0].dag.dag_id.as_str(), "from_a_variable");
    assert_eq!(good.dags[0].dag.relative_fileloc, "good.py");
    assert_eq!(good.dags[0].dag.tasks[0].retries, 2);
    assert!(good.reads_stored_values);
    let again = parse(&parser, &dags, "good.py", GOOD).await;
    assert_eq!(again.dags[0].content_hash, good.dags[0].content_hash, "two parses of one file mean the same");

    let broken = parse(&parser, &dags, "broken.py", BROKEN).await;
    assert!(broken.dags.is_empty() && broken.import_errors[0].contains("ValueError: boom"), "{broken:?}");

    let left = parse(&parser, &dags, "leaving.py", LEAVING).await;
    assert!(left.import_errors[0].contains("(exit code 3)") && left.import_errors[0].ends_with("bye"), "{left:?}");

    let limits = ParseLimits { file_timeout: Duration::from_millis(500), ..limits };
    let hasty = PythonParser::new(bridge, Arc::new(OneVariable), limits);
    let endless = parse(&hasty, &dags, "endless.py", ENDLESS).await;
    assert!(endless.import_errors[0].starts_with("Parsing this file took longer than 0.5 s"), "{endless:?}");

    stop.cancel();
    serving.await.unwrap();
}
