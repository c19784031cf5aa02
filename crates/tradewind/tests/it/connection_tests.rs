//! Connections tested through the server: mail servers on loopback, stored credentials, and what
//! must not be told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use crate::stage::{PATIENCE, Server, Stage, eventually};

const PASSWORD: &str = "correct-horse-9";
/// `ada` with that password, as `AUTH PLAIN` sends it.
const LOG_IN: &str = "AUTH PLAIN AGFkYQBjb3JyZWN0LWhvcnNlLTk=";

/// A mail server that tells the log-ins it sees; it takes only the right one.
fn mail_server() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, log_ins) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = talk(client, &seen);
        }
    });
    (port, log_ins)
}

fn talk(mut client: TcpStream, seen: &mpsc::Sender<String>) -> std::io::Result<()> {
    client.write_all(b"220 ready\r\n")?;
    for line in BufReader::new(client.try_clone()?).lines() {
        let line = line?;
        let answer = match line.split(' ').next() {
            Some("ehlo") => "250-here\r\n250 AUTH PLAIN\r\n".to_owned(),
            Some("AUTH") => {
                let _ = seen.send(line.clone());
                if line == LOG_IN { "235 welcome\r\n".to_owned() } else { format!("535 not {PASSWORD}\r\n") }
            }
            _ => "250 done\r\n".to_owned(),
        };
        client.write_all(answer.as_bytes())?;
    }
    Ok(())
}

fn mail(port: u16) -> Value {
    json!({
        "connection_id": "mail", "conn_type": "smtp", "host": "127.0.0.1", "port": port, "login": "ada",
        "password": PASSWORD, "extra": r#"{"disable_ssl": true, "disable_tls": true, "retry_limit": 0}"#,
    })
}

fn tested(server: &Server<'_>, body: &Value) -> (bool, String) {
    let (status, answer) = server.ask("POST", "/connections/test", body);
    assert_eq!(status, 200, "{answer}\n{}", server.stage.log());
    (answer["status"].as_bool().unwrap(), answer["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_connection_is_tested_where_its_hook_is() {
    // One that accepts and says nothing: the backlog takes the client, nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let closed_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (port, log_ins) = mail_server();
    // The hook must see what is tested, not what the environment has under this name.
    let stage = Stage::new().with("AIRFLOW_CONN_MAIL", "smtp://nobody@127.0.0.1:1/");
    let server = stage.start();
    eventually("the Python bridge", || stage.log(), || server.bridge());

    let works = (true, "Connection successfully tested".to_owned());
    assert_eq!(tested(&server, &mail(port)), works);
    assert_eq!(log_ins.recv_timeout(PATIENCE).unwrap(), LOG_IN);
    assert_eq!(server.try_get("/connections/mail").0, 404, "a test stores nothing");

    let (status, _) = server.ask("POST", "/connections", &mail(port));
    assert_eq!(status, 201);
    let stored = server.get("/connections/mail");
    assert_eq!(stored["password"], "***");
    assert_eq!(tested(&server, &stored), works, "what came hidden is what is stored");
    assert_eq!(log_ins.recv_timeout(PATIENCE).unwrap(), LOG_IN);

    let mut wrong = mail(port);
    wrong["login"] = json!("eve");
    let (ok, message) = tested(&server, &wrong);
    assert!(!ok && message.contains("535") && !message.contains(PASSWORD), "{message}");

    let (ok, message) = tested(&server, &mail(closed_port));
    assert!(!ok && message.contains("Connection refused"), "{message}");
    let mut moved = mail(closed_port);
    moved["password"] = json!("***");
    let (status, answer) = server.ask("POST", "/connections/test", &moved);
    assert!(status == 400 && answer.to_string().contains("enter the password"), "{answer}");

    let (ok, message) = tested(&server, &json!({"connection_id": "x", "conn_type": "smpt", "password": PASSWORD}));
    assert!(!ok && message.contains("\"smpt\"") && message.contains("install the provider"), "{message}");

    let (ok, message) = tested(&server, &mail(silent_port));
    assert!(!ok && message.contains("No answer within 20 s"), "{message}");

    let command_lines =
        stage.processes().into_iter().filter_map(|pid| std::fs::read(format!("/proc/{pid}/cmdline")).ok());
    assert!(command_lines.map(|line| String::from_utf8_lossy(&line).into_owned()).all(|line| !line.contains(PASSWORD)));
    assert!(!stage.log().contains(PASSWORD), "{}", stage.log());
    server.stop();
}

#[test]
fn tests_of_connections_can_be_switched_off() {
    let stage = Stage::new().with("AIRFLOW__CORE__TEST_CONNECTION", "Disabled");
    let server = stage.start();
    let (status, answer) = server.ask("POST", "/connections/test", &mail(1));
    assert!(status == 403 && answer.to_string().contains("api.test_connection"), "{answer}");
    server.stop();
}
