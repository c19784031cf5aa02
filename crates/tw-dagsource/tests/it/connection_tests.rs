//! Connections tested by a real interpreter, with hooks of all manners.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tw_dagsource::{ParseServices, PortError, PythonConnectionTests, Verdict};
use tw_model::{Connection, Variable};
use tw_python::{BridgeKeeper, BridgeOptions, EnvironmentOptions, environment};

/// Enough for everything that answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// Enough for a hook to be reached.
const IMPATIENCE: Duration = Duration::from_secs(8);
const PASSWORD: &str = "hunter2 hunter2";

/// A provider whose hooks do what the login of their connection says.
const PROVIDER: &str = r#"
import os, subprocess, sys, time
from airflow.sdk import BaseHook, Variable

def get_provider_info():
    kinds = [{"connection-type": kind, "hook-class-name": f"oddities.{name}"} for kind, name in
             [("odd", "Odd"), ("untestable", "Untestable"), ("unimportable", "Missing")]]
    return {"package-name": "oddities", "name": "Oddities", "description": "Hooks of all manners",
            "connection-types": kinds}

class Untestable(BaseHook):
    conn_type, conn_name_attr, hook_name = "untestable", "odd_conn_id", "Untestable"
    def __init__(self, odd_conn_id):
        self.conn_id = odd_conn_id

class Odd(Untestable):
    conn_type, hook_name = "odd", "Odd"
    def test_connection(self):
        conn = self.get_connection(self.conn_id)
        print(conn.password, file=sys.stderr, flush=True)
        if conn.login == "raise":
            raise ValueError(f"cannot log in to {conn.get_uri()} with {conn.password}, {conn.extra}, as {conn.conn_id}")
        if conn.login == "die":
            os._exit(7)
        if conn.login == "hang":
            open(conn.host, "w").write(str(subprocess.Popen(["sleep", "600"]).pid))
            time.sleep(600)
        if conn.login == "through":
            return True, self.get_connection("tunnel").host
        if conn.login == "set":
            Variable.set("key", "value")
        if conn.login == "nothing":
            return None
        return True, "x" * 5000
"#;

struct Stored;

#[async_trait]
impl ParseServices for Stored {
    async fn connection(&self, conn_id: &str) -> Result<Option<Connection>, PortError> {
        let connection =
            Connection { conn_id: conn_id.to_owned(), conn_type: "ssh".to_owned(), ..Connection::default() };
        Ok(Some(Connection { host: Some("gate".to_owned()), ..connection }).filter(|_| conn_id == "tunnel"))
    }
    async fn variable(&self, _: &str) -> Result<Option<Variable>, PortError> {
        Ok(None)
    }
    async fn variable_keys(&self, _: Option<&str>, _: u64, _: u32) -> Result<(Vec<String>, u64), PortError> {
        Ok((Vec::new(), 0))
    }
    async fn put_variable(&self, _: Variable) -> Result<(), PortError> {
        panic!("a test changes nothing")
    }
    async fn delete_variable(&self, _: &str) -> Result<(), PortError> {
        panic!("a test changes nothing")
    }
}

fn install_provider(folder: &Path) {
    fs::create_dir_all(folder.join("oddities-1.0.dist-info")).unwrap();
    fs::write(folder.join("oddities.py"), PROVIDER).unwrap();
    let info = folder.join("oddities-1.0.dist-info");
    fs::write(info.join("METADATA"), "Metadata-Version: 2.1\nName: oddities\nVersion: 1.0\n").unwrap();
    let entry = "[apache_airflow_provider]\nprovider_info = oddities:get_provider_info\n";
    fs::write(info.join("entry_points.txt"), entry).unwrap();
}

fn odd(login: &str) -> Connection {
    Connection {
        conn_id: "mine".to_owned(),
        conn_type: "odd".to_owned(),
        login: Some(login.to_owned()),
        password: Some(PASSWORD.to_owned()),
        extra: Some(r#"{"api_key": "swordfish"}"#.to_owned()),
        ..Connection::default()
    }
}

fn typed(conn_type: &str) -> Connection {
    Connection { conn_type: conn_type.to_owned(), ..odd("") }
}

/// A mail server's first words, to as many as come.
async fn mail_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (reader, mut writer) = client.split();
            let mut lines = BufReader::new(reader).lines();
            let _ = writer.write_all(b"220 ready\r\n").await;
            while let Ok(Some(_)) = lines.next_line().await {
                let _ = writer.write_all(b"250 done\r\n").await;
            }
        }
    });
    port
}

fn mail(port: u16) -> Connection {
    Connection {
        conn_type: "smtp".to_owned(),
        host: Some("127.0.0.1".to_owned()),
        port: Some(i32::from(port)),
        login: None,
        password: None,
        extra: Some(r#"{"disable_ssl": true, "disable_tls": true, "retry_limit": 0}"#.to_owned()),
        ..odd("")
    }
}

fn bad(verdict: &Verdict, parts: &[&str]) {
    assert!(!verdict.status && parts.iter().all(|part| verdict.message.contains(part)), "{parts:?} in {verdict:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_tell_how_connections_do() {
    let home = tempfile::tempdir().unwrap();
    let provider = home.path().join("site");
    install_provider(&provider);
    let interpreter = Some(environment::for_tests().await.unwrap());
    let options = BridgeOptions {
        work_dir: home.path().join("bridge"),
        bundles: Vec::new(),
        env: vec![("PYTHONPATH".to_owned(), provider.to_str().unwrap().to_owned())],
        templates_max: 0,
        ready_timeout: Duration::from_secs(120),
    };
    let environment = EnvironmentOptions { interpreter, virtual_env: None, managed_dir: home.path().join("none") };
    let (bridge, service) = BridgeKeeper::new(environment, options);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(service.run(stop.clone()));
    bridge.current().await.unwrap();
    let tests = PythonConnectionTests::new(bridge.clone(), Arc::new(Stored), PATIENCE);

    let verdict = tests.test(mail(mail_server().await)).await;
    assert_eq!(verdict, Verdict { status: true, message: "Connection successfully tested".to_owned() });
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    bad(&tests.test(mail(closed)).await, &["Connection refused"]);

    bad(&tests.test(typed("odt")).await, &["\"odt\"", "install the provider"]);
    bad(&tests.test(typed("generic")).await, &["has no hook"]);
    bad(&tests.test(typed("untestable")).await, &["Untestable", "has no test"]);
    bad(&tests.test(typed("unimportable")).await, &["\"unimportable\"", "cannot be imported"]);
    bad(&tests.test(odd("nothing")).await, &["neither a status nor a message"]);
    bad(&tests.test(odd("die")).await, &["ended without an answer (exit code 7)"]);
    bad(&tests.test(odd("set")).await, &["changes no variables"]);
    let raised = tests.test(odd("raise")).await;
    bad(&raised, &["ValueError: cannot log in to odd://raise:***@", "as mine"]);
    assert!(!raised.message.contains("hunter2") && !raised.message.contains("swordfish"), "{raised:?}");
    assert_eq!(tests.test(odd("through")).await, Verdict { status: true, message: "gate".to_owned() });
    let long = tests.test(odd("talk")).await;
    assert!(long.status && long.message.chars().count() == 2_001, "{long:?}");

    let pid_file = home.path().join("pid");
    let hanging = Connection { host: Some(pid_file.to_str().unwrap().to_owned()), ..odd("hang") };
    let hasty = PythonConnectionTests::new(bridge, Arc::new(Stored), IMPATIENCE);
    bad(&hasty.test(hanging).await, &["No answer within 8 s", "host and port"]);
    let process = format!("/proc/{}/stat", fs::read_to_string(pid_file).unwrap());
    let is_gone = || fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z "));
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let gone = async {
        while !is_gone() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("what the hook started ends with it");

    stop.cancel();
    serving.await.unwrap();
}
