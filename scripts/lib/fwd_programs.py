"""Dovecot with Pigeonhole, postsrsd, Exim, Mailman 3 and mlmmj, each with all its files under one folder.

They are started inside the space of `fwd_space`, which ends them; `stop` ends them in good order first.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from private_postfix import PostfixError, wait_for_port

DOVECOT = """\
protocols = lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
default_internal_user = dovecot
default_login_user = dovenull
mail_location = maildir:~/Maildir
first_valid_uid = 1
auth_username_format = %Ln
hostname = hop-thu.daknong.gov.vn
postmaster_address = postmaster@daknong.gov.vn
lda_mailbox_autocreate = yes
lda_original_recipient_header = X-Original-To
{submission}sendmail_path = {sendmail}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service anvil {{
  unix_listener anvil {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
protocol lmtp {{
  mail_plugins = sieve
}}
protocol lda {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_plugins = sieve_extprograms
  sieve_extensions = +vnd.dovecot.pipe
  sieve_pipe_bin_dir = {pipes}
}}
"""

EXIM = """\
primary_hostname = exim.daknong.gov.vn
domainlist ours = daknong.gov.vn
qualify_domain = daknong.gov.vn
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
exim_user = Debian-exim
exim_group = Debian-exim
deliver_drop_privilege = true
never_users =
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
prdr_enable = false
keep_environment = LD_LIBRARY_PATH
exim_path = {exim}
smtp_accept_max = 0
queue_run_max = 5
acl_smtp_rcpt = accept
acl_smtp_data = accept
trusted_users = root : Debian-exim
SRS_SECRET = khoa-thu-nghiem

begin routers
aliases:
  driver = redirect
  domains = +ours
  data = ${{lookup{{$local_part}}lsearch{{{folder}/aliases}}}}
srs_aliases:
  driver = redirect
  domains = +ours
  local_parts = lsearch;{folder}/srs-aliases
  data = ${{lookup{{$local_part}}lsearch{{{folder}/srs-aliases}}}}
  address_data = srs
unseen_aliases:
  driver = redirect
  domains = +ours
  data = ${{lookup{{$local_part}}lsearch{{{folder}/unseen-aliases}}}}
  unseen
  errors_to = $local_part@$domain
userforward:
  driver = redirect
  domains = +ours
  check_local_user
  file = $home/.forward
  allow_filter
  no_verify
  check_ancestor
  owners = {owners}
  file_transport = maildir
  user = Debian-exim
vacation:
  driver = accept
  domains = +ours
  local_parts = lsearch;{folder}/vacation
  senders = ! :
  transport = vacation
  unseen
local:
  driver = accept
  domains = +ours
  transport = maildir
srs_out:
  driver = manualroute
  condition = ${{if eq{{$address_data}}{{srs}}}}
  domains = ! +ours
  transport = srs_smtp
  route_list = * 127.0.0.1 byname
  self = send
smarthost:
  driver = manualroute
  domains = ! +ours
  transport = to_edge
  route_list = * 127.0.0.1 byname
  self = send

begin transports
to_edge:
  driver = smtp
  port = {mailbox}
  allow_localhost
  hosts_try_fastopen =
srs_smtp:
  driver = smtp
  port = {mailbox}
  allow_localhost
  hosts_try_fastopen =
  max_rcpt = 1
  return_path = ${{srs_encode {{SRS_SECRET}} {{$return_path}} {{daknong.gov.vn}}}}
maildir:
  driver = appendfile
  directory = {folder}/mail/all
  create_directory
  maildir_format
  user = Debian-exim
vacation:
  driver = autoreply
  from = $local_part@$domain
  to = $sender_address
  subject = Thu tra loi tu dong: ${{escape:$h_subject:}}
  text = Toi dang di cong tac, se tra loi khi ve co quan.
  user = Debian-exim

begin retry
* * F,5m,10s
"""

MAILMAN = """\
[mailman]
site_owner: postmaster@daknong.gov.vn
layout: local
default_language: en
[paths.local]
var_dir: {folder}/var
bin_dir: /usr/lib/mailman3/bin
queue_dir: {folder}/var/queue
list_data_dir: {folder}/var/lists
log_dir: {folder}/var/logs
lock_dir: {folder}/var/locks
data_dir: {folder}/var/data
cache_dir: {folder}/var/cache
etc_dir: {folder}/etc
ext_dir: {folder}/var/ext
messages_dir: {folder}/var/messages
archive_dir: {folder}/var/archives
template_dir: {folder}/var/templates
pid_file: {folder}/var/master.pid
lock_file: {folder}/var/locks/master.lck
[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///{folder}/var/mailman.db
[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
smtp_host: 127.0.0.1
smtp_port: {mailbox}
lmtp_host: 127.0.0.1
lmtp_port: {port}
configuration: python:mailman.config.mail_null
"""
IDLE_RUNNERS = ("archive", "bounces", "command", "digest", "nntp", "rest", "retry", "virgin", "task", "bad")


class Program:
    """A daemon in the foreground."""

    def __init__(self, folder: Path):
        self.folder, self.process = folder, None
        folder.mkdir()

    def launch(self, command: list[str], **options) -> None:
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **options)

    def run(self, command: list[str], **options) -> subprocess.CompletedProcess:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=60, check=False, **options)
        if done.returncode:
            raise PostfixError(f"{' '.join(command[:4])} …: {(done.stderr or done.stdout)[-600:]}")
        return done

    def wait(self, port: int, seconds: float = 30) -> None:
        try:
            wait_for_port(port, seconds, type(self).__name__)
        except PostfixError as error:
            raise PostfixError(f"{error}\n{self.said()}") from error

    def said(self) -> str:
        logs = [self.folder / "out", *(path for path in self.folder.rglob("*log*") if path.is_file())]
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in logs if path.exists())[-4000:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(8)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


class Dovecot(Program):
    """LMTP with Sieve; `users`: user → extra fields of the userdb."""

    def __init__(self, folder: Path, port: int, submission: int | None, sendmail: Path, pipes: Path, homes: Path, users: dict, uid: tuple[int, int]):
        super().__init__(folder)
        self.config, self.port = folder / "dovecot.conf", port
        self.config.write_text(DOVECOT.format(folder=folder, port=port, submission=f"submission_host = 127.0.0.1:{submission}\n" if submission else "", sendmail=sendmail, pipes=pipes))
        lines = [f"{user}::{uid[0]}:{uid[1]}::{homes / user}::" + " ".join(f"userdb_{key}={value}" for key, value in extra.items())
                 for user, extra in users.items()]
        (folder / "users").write_text("\n".join(lines) + "\n")
        (folder / "log").write_text("")
        (folder / "log").chmod(0o666)
        for user in users:
            home = homes / user
            for path in (home, *home.rglob("*")):
                os.chown(path, *uid, follow_symlinks=False)
        self.launch(["/usr/sbin/dovecot", "-F", "-c", str(self.config)])
        self.wait(port)


class Postsrsd(Program):
    """Rewrites envelope senders: a lookup table for Postfix on two ports."""

    def __init__(self, folder: Path, ports: tuple[int, int], domain: str):
        super().__init__(folder)
        (folder / "secret").write_text("khoa-thu-nghiem-khong-bi-mat\n")
        self.launch(["/usr/sbin/postsrsd", "-4", f"-s{folder}/secret", f"-d{domain}", f"-f{ports[0]}", f"-r{ports[1]}", f"-X{domain}"])
        self.wait(ports[0])


class Exim(Program):
    """A mailbox server; the binary is Debian's, unpacked beside Postfix (`install.sh exim`)."""

    def __init__(self, folder: Path, root: Path, port: int, mailbox: int, files: dict[str, str], owners: str):
        super().__init__(folder)
        for name in ("spool", "log", "mail"):
            (folder / name).mkdir()
            shutil.chown(folder / name, "Debian-exim", "Debian-exim")
        for name in ("aliases", "srs-aliases", "unseen-aliases", "vacation"):
            (folder / name).write_text(files.get(name, ""))
        self.config = folder / "exim.conf"
        self.config.write_text(EXIM.format(folder=folder, port=port, mailbox=mailbox, owners=owners, exim=root / "usr/sbin/exim4"))
        libraries = root / "usr/lib/x86_64-linux-gnu"
        environment = {**os.environ, **({"LD_LIBRARY_PATH": str(libraries)} if libraries.is_dir() else {})}
        self.launch([str(root / "usr/sbin/exim4"), "-C", str(self.config), "-bdf", "-q5s"], env=environment)
        self.wait(port)


class Mailman(Program):
    """Mailman 3 Core with the runners that a post needs; one list."""

    def __init__(self, folder: Path, port: int, mailbox: int, address: str, members: list[str]):
        super().__init__(folder)
        (folder / "etc").mkdir()
        self.config = folder / "mailman.cfg"
        idle = "".join(f"[runner.{name}]\nstart: no\n" for name in IDLE_RUNNERS)
        self.config.write_text(MAILMAN.format(folder=folder, port=port, mailbox=mailbox) + idle)
        (folder / "members").write_text("".join(f"{member}\n" for member in members))
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "list", "list")
        self.who = {"user": "list", "group": "list", "extra_groups": [], "cwd": str(folder)}
        command = ["/usr/lib/mailman3/bin/mailman", "-C", str(self.config)]
        self.run([*command, "create", address], **self.who)
        self.run([*command, "addmembers", str(folder / "members"), address.replace("@", ".", 1)], **self.who)
        self.launch(["/usr/lib/mailman3/bin/master", "-C", str(self.config), "--force"], **self.who)
        self.wait(port, 60)


class Mlmmj:
    """One list of mlmmj: a folder; Postfix runs its programs."""

    def __init__(self, folder: Path, address: str, mailbox: int, members: list[str]):
        self.folder = folder
        for name in ("incoming", "queue/discarded", "archive", "text", "subconf", "unsubconf", "bounce", "control", "moderation",
                     "subscribers.d", "digesters.d", "requeue", "nomailsubs.d"):
            (folder / name).mkdir(parents=True)
        (folder / "index").write_text("")
        for name, value in {"listaddress": address, "owner": "postmaster@daknong.gov.vn", "relayhost": "127.0.0.1", "smtpport": str(mailbox),
                            "prefix": "[văn thư huyện]", "smtphelo": "lists.daknong.gov.vn",
                            "customheaders": "List-Id: <vanthu-huyen.lists.daknong.gov.vn>\nList-Unsubscribe: <mailto:vanthu-huyen+unsubscribe@lists.daknong.gov.vn>\nPrecedence: list"}.items():
            (folder / "control" / name).write_text(value + "\n")
        for member in members:
            with open(folder / "subscribers.d" / member[0], "a", encoding="utf-8") as out:
                out.write(member + "\n")
        skeleton = Path("/usr/share/mlmmj/text.skel/en")
        for path in skeleton.iterdir() if skeleton.is_dir() else ():
            shutil.copy(path, folder / "text")
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "list", "list")


