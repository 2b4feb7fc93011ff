#!/usr/bin/env python3
"""Checks that milter-load sends what Postfix sends: the same packets, byte for byte.

A milter that only records stands behind a real private Postfix and behind milter-load; the same two
messages go through both. Compared are all packets in their order: headers, body chunks and their
cuts, envelope, ABORT, QUIT; of macro packets the names (values differ: queue ids, ports), and of
CONNECT nothing but that it came. Done for two answers to negotiation. Exit status 1 on a difference.
"""

import argparse
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "lib"), str(pathlib.Path(__file__).resolve().parent)]
import mix  # noqa: E402
import servers  # noqa: E402
from private_postfix import PostfixError, PrivatePostfix  # noqa: E402

NR_DATA = 0x10000
ANSWERS = {
    "every no-reply bit but MAIL and RCPT, LEADSPC": 0x1D3180,
    "no headers, a reply to DATA, no LEADSPC": 0x0C3120,
}


class Recorder:
    """A milter on a unix socket that accepts and writes down the packets of each connection."""

    def __init__(self, path, protocol):
        self.protocol, self.sessions, self.ended = protocol, [], threading.Semaphore(0)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        packets, stream = [], connection.makefile("rb")
        answers = {"O": b"O" + struct.pack(">III", 6, 0, self.protocol), "M": b"c", "R": b"c", "E": b"a"}
        if not self.protocol & NR_DATA:
            answers["T"] = b"c"
        while len(head := stream.read(5)) == 5:
            command = head[4:].decode("latin-1")
            packets.append((command, stream.read(struct.unpack(">I", head[:4])[0] - 1)))
            if command in answers:
                connection.sendall(struct.pack(">I", len(answers[command])) + answers[command])
            if command == "Q":
                break
        if any(command == "M" for command, _ in packets):  # not the probe whether the port is open
            self.sessions.append(packets)
            self.ended.release()
        connection.close()

    def wait(self):
        """The first session that had a message, when it has ended."""
        if not self.ended.acquire(timeout=30):
            raise servers.BenchError("no session ended within 30 s")
        self.socket.close()
        return self.sessions[0]


def comparable(packet):
    """What has to be the same of a packet."""
    command, data = packet
    if command == "D":
        return command, data[:1], tuple(data[1:].split(b"\0")[:-1:2])
    if command == "C":
        return (command,)
    if command == "M":
        return command, data.split(b"\0")[0]  # the address; ESMTP arguments are the client's
    return command, data


def compare(workspace, tools, folder, title, protocol):
    """One answer to negotiation; whether both sent the same."""
    recorders = {}
    for name in ("postfix", "milter-load"):
        path = str(workspace.path / f"{name}-{protocol:x}.sock")
        recorder = recorders[name] = Recorder(path, protocol)
        common = ["--messages", str(folder), "--total", "2", "--timeout", "20"]
        if name == "postfix":
            with PrivatePostfix({"mx": f"unix:{path}"}, {"default_transport": "discard:"}) as postfix:
                argv = [tools["smtp-load"], "--server", f"inet:127.0.0.1:{postfix.ports['mx']}", *common]
                subprocess.run(argv, check=True, timeout=120, stdout=subprocess.DEVNULL)
                recorder.packets = recorder.wait()
        else:
            subprocess.run([tools["milter-load"], "--socket", f"unix:{path}", *common], check=True, timeout=120, stdout=subprocess.DEVNULL)
            recorder.packets = recorder.wait()
    real, played = recorders["postfix"].packets, recorders["milter-load"].packets
    for number, (a, b) in enumerate(zip(real, played)):
        if comparable(a) != comparable(b):
            print(f"{title}: packet {number} differs\n  Postfix     {a[0]} {a[1][:200]!r}\n  milter-load {b[0]} {b[1][:200]!r}")
            return False
    if len(real) != len(played):
        print(f"{title}: Postfix sent {len(real)} packets, milter-load {len(played)}")
        return False
    print(f"{title}: {len(real)} packets, all the same")
    return True


def main():
    """Exit status 0 when all is the same, 1 on a difference, 2 when it could not be compared."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    servers.install_signal_cleanup()
    try:
        with servers.Workspace() as workspace:
            tools = servers.build_tools(workspace.path)
            folder = workspace.path / "messages"
            folder.mkdir()
            (folder / "1.eml").write_bytes(mix.message(1, 200_000, True))
            (folder / "2.eml").write_bytes(mix.message(2, 4_000, False))
            same = [compare(workspace, tools, folder, title, bits) for title, bits in ANSWERS.items()]
    except (servers.BenchError, PostfixError, subprocess.SubprocessError) as error:
        print(f"check_load.py: {error}", file=sys.stderr)
        return 2
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
