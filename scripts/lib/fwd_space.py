"""A space of our own for mail programs: own mounts, own processes, own network with loopback alone.

Nothing that runs here can reach another machine, every process ends with the space (its first process is killed with
the one that made it), and `/etc/passwd`, `/etc/group`, `/etc/postfix` and `/var/mail` are private, so that Postfix's local(8)
finds real users with real home folders and the machine's own files stay as they are. Needs root and util-linux.

    status = fwd_space.enter(Path("fwd_run.py"), ["--bin", …])      # from outside
    fwd_space.furnish(place, users)                                # the first thing inside
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

from private_postfix import PostfixError

FIRST_UID = 21000


def enter(script: Path, words: list[str], seconds: float = 600) -> subprocess.CompletedProcess:
    """Runs a Python script inside; its standard output is captured, its standard error is ours."""
    if os.geteuid() != 0:
        raise PostfixError("a space of its own needs root: run this as root")
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-B", str(script), *words]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise PostfixError(f"{script.name} did not end within {seconds:.0f} s") from error
    except OSError as error:
        raise PostfixError(f"unshare: {error.strerror}") from error


def furnish(place: Path, users: list[str], postfix_folders: list[Path]) -> None:
    """Loopback up; users with homes under `place`/home; a /etc/postfix that lets sendmail(1) serve our own folders."""
    raise_loopback()
    passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
    uid = FIRST_UID
    for user in users:
        uid += 1
        home = place / "home" / user
        home.mkdir(parents=True, exist_ok=True)
        passwd += f"{user}:x:{uid}:{uid}::{home}:/bin/sh\n"
        group += f"{user}:x:{uid}:\n"
        shutil.chown(home, uid, uid)
    (place / "passwd").write_text(passwd)
    (place / "group").write_text(group)
    shutil.copytree("/etc/postfix", place / "etc-postfix", symlinks=True)
    (place / "etc-postfix/main.cf").write_text(
        "compatibility_level = 3.6\nalternate_config_directories = " + ", ".join(map(str, postfix_folders)) + "\n")
    (place / "mail").mkdir()
    (place / "mail").chmod(0o1777)
    for source, target in (("passwd", "/etc/passwd"), ("group", "/etc/group"), ("etc-postfix", "/etc/postfix"), ("mail", "/var/mail")):
        done = subprocess.run(["mount", "--bind", str(place / source), target], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PostfixError(f"mount --bind {target}: {done.stderr.strip()}")


def raise_loopback() -> None:
    """ifconfig lo up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(one, 0x8913, request))[1]
        fcntl.ioctl(one, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))
