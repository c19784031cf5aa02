"""Control messages: one JSON object per datagram of a SOCK_SEQPACKET socket.

From the Rust side: ``spawn`` with the four child descriptors attached.
To the Rust side: ``ready``, ``failed``, ``spawned``, ``refused``, ``exited``, ``note``.
Between bridge and templates: ``spawn``, ``spawned``, ``refused`` and ``exited`` unchanged, plus
``parsed`` and ``unfit``.
"""

import json
import socket

# A spawn request is a few paths; a snapshot of a file's imports is some hundred paths. The kernel's
# default send buffer takes no datagram above 200 kB.
MESSAGE_BYTES_MAX = 1 << 17
# requests, stdout, stderr, logs
SPAWN_DESCRIPTORS = 4


def encode(message):
    return json.dumps(message, separators=(",", ":")).encode()


class Channel:
    """One end of a control socket."""

    def __init__(self, sock):
        self.sock = sock

    def fileno(self):
        return self.sock.fileno()

    def send(self, message):
        """Sends, waiting for room. The peer always reads, so the wait is short."""
        self.sock.send(encode(message))

    def send_with_descriptors(self, message, descriptors):
        """Sends without waiting.

        :raises BlockingIOError: the peer is behind; nothing was sent.
        """
        socket.send_fds(self.sock, [encode(message)], descriptors, socket.MSG_DONTWAIT)

    def receive(self, wait=True):
        """Returns ``(message, descriptors)``; the message is None at the end of the channel.

        :raises BlockingIOError: ``wait`` is false and nothing is there.
        """
        flags = socket.MSG_CMSG_CLOEXEC | (0 if wait else socket.MSG_DONTWAIT)
        try:
            data, descriptors, _, _ = socket.recv_fds(self.sock, MESSAGE_BYTES_MAX, SPAWN_DESCRIPTORS, flags)
        except ConnectionError:
            return None, []
        return (json.loads(data) if data else None), descriptors

    def close(self):
        self.sock.close()


def pair():
    """Two connected ends, closed on exec."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Channel(one), Channel(other)
