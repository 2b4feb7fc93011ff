"""The Postfix instances of `scripts/eval forwarding`: the filter's host and mailbox servers behind it.

Each is a `PrivatePostfix` under a folder that is known beforehand, on ports that are known beforehand (the space has a
network of its own), with the delivery agents that forwarding needs.
"""

import shutil
from pathlib import Path

from private_postfix import MAIN, MASTER, PostfixError, PrivatePostfix, wait_for_port
from sink import Sink

AGENTS = """\
local     unix  -  n  n  -  -  local
virtual   unix  -  n  n  -  -  virtual
dovecot-lda unix -  n  n  -  -  pipe
  flags=DRhu user=vmail argv=/usr/lib/dovecot/dovecot-lda -c {dovecot} -f ${{sender}} -a ${{original_recipient}} -d ${{user}}
mlmmj     unix  -  n  n  -  -  pipe
  flags=ORhu user=list argv=/usr/bin/mlmmj-receive -F -L {mlmmj}/
"""


class Host(PrivatePostfix):
    """`listeners`: name → (port, options of master.cf). `files`: name under etc → content, maps of type hash among them."""

    def __init__(self, folder: Path, listeners: dict, settings: dict, files: dict, maps: list[str], dovecot: Path, mlmmj: Path):
        super().__init__({name: None for name in listeners}, settings)
        self.folder, self.given, self.files, self.maps = folder, listeners, files, maps
        self.dovecot, self.mlmmj = dovecot, mlmmj

    def __enter__(self) -> "Host":
        self.sink = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        self.folder.mkdir()
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data", "log", "kept"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        self.sink = Sink(self.folder / "kept")
        self.ports = {name: port for name, (port, _) in self.given.items()}
        extra = "\n".join(f"{key} = {value}" for key, value in self.settings.items())
        main = MAIN.format(folder=self.folder, daemons="/usr/lib/postfix/sbin", sink=self.sink.port, extra="")
        # A setting that this host gives replaces the common one, as a person would edit main.cf.
        kept = [line for line in main.splitlines() if line.partition("=")[0].strip() not in self.settings]
        (self.folder / "etc/main.cf").write_text("\n".join(kept) + "\n" + extra + "\n")
        smtpd = "\n".join(f"127.0.0.1:{port} inet n - n - - smtpd\n  -o syslog_name=postfix/{name}" + "".join(f"\n  -o {option}" for option in options)
                          for name, (port, options) in self.given.items())
        master = MASTER.format(smtpd=smtpd) + AGENTS.format(dovecot=self.dovecot, mlmmj=self.mlmmj)
        (self.folder / "etc/master.cf").write_text(master)
        for name, content in self.files.items():
            (self.folder / "etc" / name).write_text(content, encoding="utf-8")
        for name in self.maps:
            done = self.command("postalias" if name.startswith("aliases") else "postmap", f"hash:{self.folder}/etc/{name}")
            if done.returncode:
                raise PostfixError(f"postmap {name}: {done.stderr}")
        done = self.command("postfix", "start", seconds=60)
        if done.returncode:
            raise PostfixError(f"postfix start ({self.folder.name}): {done.stdout}{done.stderr}\n{self.log()[-2000:]}")
        for name, port in self.ports.items():
            wait_for_port(port, 20, f"Postfix's listener {name} of {self.folder.name}: {self.log()[-2000:]}")
