//! Frames on the request socket of a child.

use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tw_wire::frame::{FrameBuffer, FrameError, RequestFrame, decode_request};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;

/// The request socket of a child, in frames.
#[derive(Debug)]
pub(crate) struct Channel {
    stream: UnixStream,
    frames: FrameBuffer,
    chunk: Box<[u8]>,
    /// Longest pause within a frame.
    stall: Duration,
}

impl Channel {
    pub(crate) fn new(stream: UnixStream, stall: Duration) -> Self {
        Self { stream, frames: FrameBuffer::new(), chunk: vec![0; READ_BYTES].into_boxed_slice(), stall }
    }

    /// The next request, or why its frame makes none; `None` when the child closed the socket.
    ///
    /// # Errors
    /// The socket failed. `InvalidData`: something else than the child's Task SDK wrote there. Then a
    /// frame makes no sense, or was begun and not finished, which an SDK does in one go: what it
    /// asks next would be taken for the rest, and it would wait for ever.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn receive(&mut self) -> io::Result<Option<Result<RequestFrame, FrameError>>> {
        loop {
            match self.frames.pull() {
                Ok(Some(payload)) => match decode_request(&payload) {
                    Err(error) if error.is_foreign() => return Err(io::Error::new(ErrorKind::InvalidData, error)),
                    request => return Ok(Some(request)),
                },
                Ok(None) => {}
                Err(error) => return Ok(Some(Err(error))),
            }
            let read = self.stream.read(&mut self.chunk);
            let count = if self.frames.is_within_frame() {
                timeout(self.stall, read).await.unwrap_or_else(|_| Err(ErrorKind::InvalidData.into()))
            } else {
                read.await
            };
            match count {
                Ok(0) => return Ok(None),
                Ok(count) => self.frames.push(&self.chunk[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.stream.write_all(frame).await
    }

    /// Sends a frame whose first bytes carry a descriptor (protocol 1.15).
    pub(crate) async fn send_with(&mut self, frame: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<()> {
        let sent = self
            .stream
            .async_io(Interest::WRITABLE, || {
                let descriptors = [descriptor];
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut control = SendAncillaryBuffer::new(&mut space);
                let fits = control.push(SendAncillaryMessage::ScmRights(&descriptors));
                debug_assert!(fits, "there is room for one descriptor");
                Ok(sendmsg(&self.stream, &[IoSlice::new(frame)], &mut control, SendFlags::NOSIGNAL)?)
            })
            .await?;
        self.stream.write_all(&frame[sent..]).await
    }
}
