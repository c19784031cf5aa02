//! The control socket of a fork server: one JSON object per datagram, descriptors attached.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, SocketFlags, SocketType,
};
use serde::{Deserialize, Serialize};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use crate::bridge::{TemplateFile, Versions};

/// Largest datagram either side sends; the Python half has the same bound.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 17;
/// requests, stdout, stderr, logs.
pub(crate) const CHILD_DESCRIPTORS: usize = 4;

/// What the fork server is asked.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToBridge<'a> {
    Spawn { id: u64, kind: &'static str, template: Option<&'a TemplateFile> },
}

/// What the fork server says.
#[derive(Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FromBridge {
    Note { text: String },
    Ready { versions: Versions },
    Spawned { id: u64, pid: u32, from_template: bool },
    Refused { id: u64, error: String },
    Outdated { id: u64 },
    Exited { id: u64, status: i32, user_us: i64, system_us: i64, max_rss_bytes: u64 },
}

/// The Rust end of the control socket. Tokio has no type for `SOCK_SEQPACKET`; its datagram type
/// only watches the descriptor here.
pub(crate) struct Control(UnixDatagram);

impl Control {
    /// Makes both ends; the second is for the Python process.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        Ok((Self(UnixDatagram::from_std(ours.into())?), theirs))
    }

    /// Sends one message.
    ///
    /// # Cancel safety
    /// A datagram is sent as a whole or not at all.
    pub(crate) async fn send(&self, message: &[u8]) -> io::Result<()> {
        self.0
            .async_io(Interest::WRITABLE, || {
                rustix::net::send(&self.0, message, SendFlags::NOSIGNAL)?;
                Ok(())
            })
            .await
    }

    /// Returns the next message with the descriptors attached to it, or `None` when the Python
    /// process ended. The buffer holds [`MESSAGE_BYTES_MAX`] bytes and has no meaning between calls.
    ///
    /// # Cancel safety
    /// A message is taken only when the future completes.
    pub(crate) async fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<(FromBridge, Vec<OwnedFd>)>> {
        let received = self
            .0
            .async_io(Interest::READABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(CHILD_DESCRIPTORS))];
                let mut attached = RecvAncillaryBuffer::new(&mut space);
                let text = &mut [IoSliceMut::new(&mut *buffer)];
                let length = rustix::net::recvmsg(&self.0, text, &mut attached, RecvFlags::CMSG_CLOEXEC)?.bytes;
                let mut descriptors = Vec::new();
                for message in attached.drain() {
                    if let RecvAncillaryMessage::ScmRights(rights) = message {
                        descriptors.extend(rights);
                    }
                }
                Ok((length, descriptors))
            })
            .await;
        match received {
            Ok((0, _)) => Ok(None),
            Ok((length, descriptors)) => {
                let message = serde_json::from_slice(&buffer[..length]).map_err(io::Error::other)?;
                Ok(Some((message, descriptors)))
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(error),
        }
    }
}
