"""The private Postfix of scripts/lib with one SMTP listener for each peer of the bench."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))
from private_postfix import PostfixError, PrivatePostfix  # noqa: E402
from servers import BenchError  # noqa: E402

# Delivery is left out, so that what is measured is the way into the queue; the rest is as shipped.
SETTINGS = {
    "default_transport": "discard:",
    "in_flow_delay": "0",  # no pause of 1 s when the queue manager is behind
    "relay_transport": "discard:",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_message_rate_limit": "0",
}


class Fleet:
    """Postfix with a listener per peer; all share one queue, as they would share one machine."""

    sender = "nguoi.gui@example.net"
    recipient = "nguoi.nhan@example.vn"

    def __init__(self, workspace, milters):
        self.names = {name: re.sub(r"[^a-z]+", "-", name) for name in milters}
        self.postfix = PrivatePostfix({self.names[name]: spec for name, spec in milters.items()}, SETTINGS)
        workspace.servers.append(self)  # stopped on any exit
        self._open = False

    def __enter__(self):
        try:
            self._open = True
            self.postfix.__enter__()
        except PostfixError as error:
            raise BenchError(str(error)) from error
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        """Stops Postfix; a second call does nothing."""
        if self._open:
            self._open = False
            self.postfix.__exit__(None, None, None)

    def server(self, name):
        """Where the peer's SMTP listener is, as smtp-load wants it."""
        return f"inet:127.0.0.1:{self.postfix.ports[self.names[name]]}"

    def use(self, _name):
        """Waits until what the peer before left in the queue is gone."""
        left = self.postfix.drain(60)
        if left:
            raise BenchError(f"{len(left)} messages are still queued after 60 s")
