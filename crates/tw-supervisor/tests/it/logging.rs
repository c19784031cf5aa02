//! What reaches the attempt's log.

use std::io::{IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tw_model::{Connection, ExitStatus};

use crate::stage::{EXIT_0, Ends, Stage, script};

#[tokio::test]
async fn all_streams_are_kept_and_masked() {
    let mut stage = Stage::new();
    stage.services.connections.lock().unwrap().insert(
        "c".to_owned(),
        Connection {
            conn_id: "c".to_owned(),
            conn_type: "http".to_owned(),
            password: Some("hunter22".to_owned()),
            extra: Some(r#"{"api_key": "key-42", "region": "region-1"}"#.to_owned()),
            ..Connection::default()
        },
    );
    stage.services.variables.lock().unwrap().insert("my_token".to_owned(), "tok-123".to_owned());
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            ends.get(json!({"type": "GetConnection", "conn_id": "c"})).await;
            ends.get(json!({"type": "GetVariable", "key": "my_token"})).await;
            ends.tell(json!({"type": "MaskSecret", "value": "s3cret", "name": null})).await;
            ends.stdout.write_all(b"out hun").await.unwrap();
            ends.stdout.write_all(b"ter22 key-42 region-1 tok-123\nlast s3cret").await.unwrap();
            ends.stderr.write_all(b"err \xff\n").await.unwrap();
            ends.logs.write_all(b"{\"level\":\"debug\",\"event\":\"log s3cret\"}\nbroken\n").await.unwrap();
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    let log = stage.log();
    assert_eq!(
        log[0],
        "info supervisor Attempt 1 runs as user on host, process 0, forked from a process that holds the parsed DAG file"
    );
    assert_eq!(
        *log.last().unwrap(),
        "info supervisor Process ended with exit code 0; 0.000 s of CPU time, 7 MB of memory at its peak"
    );
    for expected in [
        "info task.stdout out *** *** region-1 ***",
        "info task.stdout last ***",
        "error task.stderr err \u{fffd}",
        "debug - log ***",
        "info task.log broken",
    ] {
        assert!(log.contains(&expected.to_owned()), "{expected:?} in {log:?}");
    }
    assert_eq!(log.len(), 7);
}

#[tokio::test]
async fn an_unexplained_end_is_explained_in_the_log() {
    let mut stage = Stage::new();
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            Some(ExitStatus::Signal(9))
        }))
        .await;
    let log = stage.log();
    assert!(log[1].starts_with("error supervisor Process ended with signal 9;"), "{log:?}");
    assert!(log[2].starts_with("error supervisor The task process was killed by SIGKILL, often"), "{log:?}");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_does_not_stop_the_attempt() {
    let mut stage = Stage::new();
    stage.options.logs = tw_tasklog::LogLayout::new("/dev/null");
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            ends.stdout.write_all(b"lost\n").await.unwrap();
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert_eq!(stage.report().outcome, tw_model::AttemptOutcome::Success);
}

#[tokio::test]
async fn a_new_log_socket_is_sent_on_request() {
    let mut stage = Stage::new();
    stage
        .run(script(async |mut ends| {
            ends.start().await;
            ends.write_frame(&json!({"type": "ResendLoggingFD"})).await;
            let mut socket = StdUnixStream::from(receive_descriptor(&mut ends).await);
            socket.write_all(b"{\"level\":\"info\",\"event\":\"second life\"}\n").unwrap();
            drop(socket);
            ends.succeed().await;
            EXIT_0
        }))
        .await;
    assert!(stage.log().contains(&"info - second life".to_owned()), "{:?}", stage.log());
}

/// Reads as the SDK does: exactly the four bytes of the length come with the descriptor.
async fn receive_descriptor(ends: &mut Ends) -> OwnedFd {
    let mut prefix = [0; 4];
    let requests = &ends.requests;
    let descriptor = requests
        .async_io(Interest::READABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut buffers = [IoSliceMut::new(&mut prefix)];
            let got = recvmsg(requests.as_fd(), &mut buffers, &mut control, RecvFlags::empty())?;
            assert_eq!(got.bytes, 4);
            let descriptor = control.drain().find_map(|message| match message {
                RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
                _ => None,
            });
            Ok(descriptor.expect("a descriptor beside the first bytes"))
        })
        .await
        .unwrap();
    let mut body = vec![0; u32::from_be_bytes(prefix) as usize];
    ends.requests.read_exact(&mut body).await.unwrap();
    descriptor
}
