"""Control messages: one JSON object per datagram of a SOCK_SEQPACKET socket.

From the Rust side: ``spawn``.
To the Rust side: ``note``, ``ready``, ``spawned`` with the supervisor's four ends of the child's
channels attached, ``refused``, ``outdated``, ``exited``.
Between bridge and templates: ``spawn``, ``spawned``, ``refused`` and ``exited`` unchanged, plus
``parsed`` and ``unfit``.
"""

import array
import json
import socket

# A spawn request is a few paths; a snapshot of a file's imports is some hundred paths. The kernel's
# default send buffer takes no datagram above 200 kB.
MESSAGE_BYTES_MAX = 1 << 17
# requests, stdout, stderr, logs
ATTACHED_BYTES = socket.CMSG_SPACE(4 * array.array("i").itemsize)


def encode(message):
    data = json.dumps(message, separators=(",", ":")).encode()
    if len(data) > MESSAGE_BYTES_MAX:
        # The peer would get a part of it.
        raise ValueError(f"a control message of {len(data)} bytes")
    return data


class Channel:
    """One end of a control socket."""

    def __init__(self, sock):
        self.sock = sock

    def fileno(self):
        return self.sock.fileno()

    def send(self, message, descriptors=()):
        """Sends, waiting for room. Only for peers that always read, so that the wait is short."""
        attached = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self.sock.sendmsg([encode(message)], attached)

    def send_now(self, message):
        """Sends without waiting.

        :raises BlockingIOError: the peer is behind; nothing was sent.
        """
        self.sock.send(encode(message), socket.MSG_DONTWAIT)

    def receive(self, wait=True):
        """Returns ``(message, descriptors)``; the message is None at the end of the channel.

        :raises BlockingIOError: ``wait`` is false and nothing is there.
        """
        # Not `socket.recv_fds`: it ignores the flags.
        flags = socket.MSG_CMSG_CLOEXEC | (0 if wait else socket.MSG_DONTWAIT)
        try:
            data, attached, _, _ = self.sock.recvmsg(MESSAGE_BYTES_MAX, ATTACHED_BYTES, flags)
        except ConnectionError:
            return None, []
        descriptors = array.array("i")
        for _, _, numbers in attached:
            descriptors.frombytes(numbers)
        return (json.loads(data) if data else None), descriptors.tolist()

    def end_requests(self):
        """Lets the peer read what was sent and then an end; it may still answer."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()


def pair():
    """Two connected ends, closed on exec."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Channel(one), Channel(other)
