"""Starts, watches and stops the servers of the bench: accept-all, rspamd and gacthu.

Every server runs in a temporary folder of its own, on unix sockets and the loopback alone, and is
ended when the run ends, however it ends. What is measured of a server: CPU time of its processes
(utime + stime of /proc/PID/stat, all threads, ended children included) and the peak of RssAnon
(/proc/PID/status, polled).
"""

import atexit
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CLK_TCK = os.sysconf("SC_CLK_TCK")
PEERS = ("accept-all", "accept-all-blind", "gacthu", "rspamd")


class BenchError(Exception):
    """Something that the person who runs the bench has to know; printed as one line."""


class Workspace:
    """A temporary folder and the processes started in it; both go away on any exit."""

    def __init__(self, keep=False):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="gacthu-bench-", dir=base))
        # Postfix and rspamd run as other users and must reach their sockets
        self.path.chmod(0o755)
        self.keep = keep
        self.servers = []
        self._ports = set()
        atexit.register(self.close)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        """Stops every server and removes the folder."""
        for server in reversed(self.servers):
            server.stop()
        self.servers.clear()
        if self.keep:
            print(f"kept: {self.path}", file=sys.stderr)
            self.keep = False
        elif self.path.exists() and not os.environ.get("GACTHU_BENCH_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)

    def port(self):
        """A loopback port that is free now."""
        for _ in range(100):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            if port not in self._ports:
                self._ports.add(port)
                return port
        raise BenchError("no free loopback port found")


def install_signal_cleanup():
    """SIGTERM and SIGHUP end the run as Ctrl-C does, so that the servers are stopped."""

    def leave(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


#: What `scripts/bench text` reads beside, and what makes its files.
TOOLS = {"soffice": "libreoffice-writer", "pdftotext": "poppler-utils", "docx2txt": "docx2txt", "antiword": "antiword"}


def ensure_tools(install=True, need=("gcc", "libmilter", "rspamd")):
    """Installs what is missing of the Debian packages for the bench, or says what is."""
    missing = []
    if "gcc" in need and not shutil.which("gcc"):
        missing += ["gcc", "libc6-dev"]
    if "libmilter" in need and not pathlib.Path("/usr/include/libmilter/mfapi.h").exists():
        missing.append("libmilter-dev")
    if "rspamd" in need and not shutil.which("rspamd"):
        missing.append("rspamd")
    for tool, package in TOOLS.items():
        if tool in need and not shutil.which(tool):
            missing.append(package)
    if not missing:
        return
    if not install or os.geteuid() != 0:
        raise BenchError(f"missing Debian packages: {' '.join(missing)} (apt-get install them, or run as root without --no-install)")
    print(f"Installing {' '.join(missing)} for the bench.", file=sys.stderr)
    guard = pathlib.Path("/usr/sbin/policy-rc.d")  # no service may be started by the installation
    placed = not guard.exists()
    if placed:
        guard.write_text("#!/bin/sh\nexit 101\n")
        guard.chmod(0o755)
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    try:
        subprocess.run(apt + ["update"], env=env, stdout=sys.stderr, timeout=300, check=False)
        done = subprocess.run(
            apt + ["install", "-y", "--no-install-recommends"] + missing,
            env=env, stdout=subprocess.DEVNULL, timeout=900, check=False,
        )
    finally:
        if placed:
            guard.unlink(missing_ok=True)
    if done.returncode != 0:
        raise BenchError(f"apt-get could not install {' '.join(missing)}")


def build_tools(folder):
    """Compiles the C tools into `folder`; returns a dict of their paths."""
    out = {}
    sources = {
        "accept-all": (["accept-all.c"], ["-lmilter"]),
        "milter-load": (["milter-load.c", "load.c"], []),
        "smtp-load": (["smtp-load.c", "load.c"], []),
    }
    for name, (files, libs) in sources.items():
        if name == "accept-all" and not pathlib.Path("/usr/include/libmilter/mfapi.h").exists():
            continue
        out[name] = str(folder / name)
        command = ["gcc", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", out[name]]
        command += [str(HERE / f) for f in files] + libs + ["-lpthread"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise BenchError(f"cannot compile {name}:\n{done.stderr}")
    return out


def gacthu_binary(given=None):
    """The release binary: the one that was named, or target/release/gacthu, built when missing."""
    if given:
        path = pathlib.Path(given).resolve()
        if not os.access(path, os.X_OK):
            raise BenchError(f"{path} is not a program")
        return str(path)
    path = ROOT / "target" / "release" / "gacthu"
    if not path.exists():
        print("Building gacthu (cargo build --release).", file=sys.stderr)
        done = subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, timeout=1800, check=False)
        if done.returncode != 0 or not path.exists():
            raise BenchError("cargo build --release failed; name a program with --bin")
    return str(path)


class Server:
    """One running server: where it listens, its processes, how to stop it."""

    def __init__(self, name, workspace, argv, socket_spec, log_path, env=None, ready_timeout=30):
        self.name = name
        self.socket = socket_spec  # unix:/path or inet:127.0.0.1:PORT
        self.log_path = log_path
        self.argv = argv
        self.env = env
        self._log = open(log_path, "ab")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env=env, cwd=workspace.path, start_new_session=True,
        )
        workspace.servers.append(self)
        self._wait_ready(ready_timeout)

    def _wait_ready(self, timeout):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended with status {self.process.returncode}: {self.log_tail()}")
            if can_connect(self.socket):
                return
            time.sleep(0.02)
        raise BenchError(f"{self.name} did not listen on {self.socket} within {timeout} s: {self.log_tail()}")

    def log_tail(self, lines=5):
        """The last lines of its log, for a message."""
        with open(self.log_path, "rb") as f:
            text = f.read()[-4000:].decode("utf-8", "replace")
        return " | ".join(text.strip().splitlines()[-lines:]) or "(no log)"

    def pids(self):
        """The server and its children."""
        found = [self.process.pid]
        for pid in found:
            try:
                tasks = os.listdir(f"/proc/{pid}/task")
            except OSError:
                continue
            for task in tasks:
                try:
                    with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                        found += [int(p) for p in f.read().split()]
                except OSError:
                    pass
        return found

    def cpu_seconds(self):
        """CPU time of all its processes so far, ended children included."""
        ticks = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                    fields = f.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))
        return ticks / CLK_TCK

    def memory_kib(self):
        """(RssAnon, RssShmem) now, in KiB; zeros when it is gone.

        Of several processes Pss_Anon is added up instead: forked workers share the pages that they
        have not written, and RssAnon would count those once for each of them.
        """
        pids = self.pids()
        anon = shmem = 0
        for pid in pids:
            try:
                if len(pids) == 1:
                    anon += proc_field(f"/proc/{pid}/status", "RssAnon:")
                    shmem += proc_field(f"/proc/{pid}/status", "RssShmem:")
                else:
                    anon += proc_field(f"/proc/{pid}/smaps_rollup", "Pss_Anon:")
                    shmem += proc_field(f"/proc/{pid}/smaps_rollup", "Pss_Shmem:")
            except OSError:
                continue
        return anon, shmem

    def kill(self):
        """kill -9 of the server, and waits until it is gone."""
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self, grace=5):
        """Ends it: SIGTERM, then SIGKILL to the session that was started for it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=grace)
            except subprocess.TimeoutExpired:
                pass
        try:
            # the session was made by start_new_session: nothing but our own processes is in it
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        self._log.close()
        if self.socket.startswith("unix:"):
            pathlib.Path(self.socket[5:]).unlink(missing_ok=True)


def can_connect(spec, timeout=0.5):
    """Whether something listens on unix:/path or inet:HOST:PORT."""
    try:
        if spec.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(timeout)
                s.connect(spec[5:])
        else:
            host, port = spec[5:].rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout):
                pass
        return True
    except OSError:
        return False


def proc_field(path, name):
    """One "Name:   123 kB" of a file of /proc; 0 when it is not there."""
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith(name):
                return int(line.split()[1])
    return 0


class RssPeak:
    """Polls the memory of a server in a thread; `peak_kib` and `shmem_kib` after the with-block."""

    def __init__(self, server, every=None):
        self.server, self.peak_kib, self.shmem_kib = server, 0, 0
        # smaps_rollup walks page tables: asked rarely, so that it does not disturb
        self.every = every or (0.02 if len(server.pids()) == 1 else 0.5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.wait(self.every):
            self._look()

    def _look(self):
        anon, shmem = self.server.memory_kib()
        self.peak_kib = max(self.peak_kib, anon)
        self.shmem_kib = max(self.shmem_kib, shmem)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join(timeout=5)
        self._look()


def new_socket(workspace, name, transport):
    """A fresh socket specification: unix:/path or inet:127.0.0.1:PORT."""
    if transport == "inet":
        return f"inet:127.0.0.1:{workspace.port()}"
    folder = workspace.path / "sockets"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)  # a private folder below a temporary one; rspamd binds as its own user
    path = folder / f"{name}-{len(workspace.servers)}.sock"
    if len(str(path)) > 100:
        raise BenchError(f"the path {path} is too long for a unix socket")
    return f"unix:{path}"


def start_accept_all(workspace, tools, transport="unix", protocol=None, blind=False):
    """The yardstick. `protocol`: the bits it negotiates, as an int; None for its own set."""
    if "accept-all" not in tools:
        raise BenchError("accept-all was not built: libmilter-dev is missing")
    name = "accept-all-blind" if blind else "accept-all"
    spec = new_socket(workspace, name, transport)
    if transport == "inet":
        _, host, port = spec.split(":")
        own_form = f"inet:{port}@{host}"
    else:
        own_form = spec
    argv = [tools["accept-all"], "--blind" if blind else "--read", "--socket", own_form]
    if protocol is not None and not blind:
        argv += ["--protocol", f"{protocol:x}"]
    old = os.umask(0)  # Postfix's user has to reach the unix socket
    try:
        return Server(name, workspace, argv, spec, workspace.path / f"{name}.log")
    finally:
        os.umask(old)


RSPAMD_CONF = """# Written by scripts/bench: rspamd's milter alone, scanning in the proxy worker, no network.
.include "$CONFDIR/common.conf"
options {{
    pidfile = "{folder}/rspamd.pid";
    .include "$CONFDIR/options.inc"
    .include(priority=10) "{folder}/override.d/options.inc"
    tempdir = "{folder}";
    control_socket = "{folder}/control.sock mode=0600";
    history_file = "{folder}/history";
    cache_file = "{folder}/symbols.cache";
    hs_cache_dir = "{folder}/";
    stats_file = "{folder}/stats.ucl";
    rrd = "";
    local_addrs = [];
    # nobody listens there: a look-up that slips through is refused at once
    dns {{ nameserver = ["127.0.0.1:{dns_port}:1"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{
    type = "file";
    filename = "{folder}/rspamd.log";
    .include "$CONFDIR/logging.inc"
}}
worker "rspamd_proxy" {{
    bind_socket = "{bind}";
    milter = yes;
    timeout = 120s;
    count = {workers};
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
lua = "$RULESDIR/rspamd.lua"
.include "$CONFDIR/metrics.conf"
.include "$CONFDIR/actions.conf"
.include "$CONFDIR/groups.conf"
.include "$CONFDIR/composites.conf"
.include "$CONFDIR/modules.conf"
# No message of the mix may be refused or edited differently from run to run.
actions {{ reject = 10000; add_header = 9999; greylist = 9998; }}
"""
RSPAMD_OFF = (
    "antivirus arc asn aws_s3 bimi clickhouse dcc dkim dkim_signing dmarc elastic external_services "
    "emails fuzzy_check greylist hfilter history_redis http_headers metadata_exporter metric_exporter mx_check neural p0f "
    "ratelimit rbl replies reputation rspamd_update spamtrap spf surbl url_redirector whitelist"
).split()


def start_rspamd(workspace, transport="unix", workers=None):
    """rspamd's milter with the checks of Debian's configuration that need no network."""
    spec = new_socket(workspace, "rspamd", transport)
    folder = workspace.path / f"rspamd-{len(workspace.servers)}"
    folder.mkdir()
    if spec.startswith("unix:"):
        bind = f"{spec[5:]} mode=0666"
    else:
        bind = spec[5:]
    conf = folder / "rspamd.conf"
    conf.write_text(
        RSPAMD_CONF.format(
            folder=folder, bind=bind, dns_port=workspace.port(), workers=workers or os.cpu_count(),
        )
    )
    # What asks the network, or Redis, is off; that can only make rspamd faster here.
    (folder / "override.d").mkdir()
    (folder / "override.d" / "options.inc").write_text('filters = "chartable,regexp";\n')
    for module in RSPAMD_OFF:
        (folder / "override.d" / f"{module}.conf").write_text("enabled = false;\n")
    argv = ["rspamd", "--no-fork", "--config", str(conf)]
    if os.geteuid() == 0:
        shutil.chown(folder, "_rspamd", "_rspamd")
        argv += ["--user", "_rspamd", "--group", "_rspamd"]
    for variable in ("DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR"):
        argv += ["--var", f"{variable}={folder}"]
    workers = workers or os.cpu_count()
    server = Server("rspamd", workspace, argv, spec, workspace.path / "rspamd.out", ready_timeout=60)
    # Its regular expressions are compiled in the background after the start; it is measured with them.
    end = time.monotonic() + 60
    while (folder / "rspamd.log").read_bytes().count(b"full hyperscan database") < workers + 1:
        if time.monotonic() > end:
            print("rspamd: hyperscan was not loaded by all workers within 60 s.", file=sys.stderr)
            break
        time.sleep(0.1)
    return server


def start_gacthu(
    workspace, binary, transport="unix", profile="dak-nong", mode="enforce",
    spec=None, event_log=None, extra=(), root=ROOT,
):
    """gacthu with a site policy that extends one of the provinces', event log to a file."""
    spec = spec or new_socket(workspace, "gacthu", transport)
    policy = workspace.path / f"site-{profile}-{mode}.yaml"
    policy.write_text(
        f"policy: 1\nname: site\nextends: {root / 'policies' / (profile + '.yaml')}\nmode: {mode}\n"
    )
    event_log = event_log or workspace.path / f"events-{len(workspace.servers)}.jsonl"
    listen = f"{spec},mode=0666" if spec.startswith("unix:") else spec
    argv = [binary, "serve", "--policy", str(policy), "--listen", listen, "--event-log", str(event_log), *extra]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("NOTIFY_", "LISTEN_", "WATCHDOG_"))}
    env.setdefault("MIMALLOC_PURGE_DELAY", "10")  # as systemd/gacthu.service has it
    server = Server("gacthu", workspace, argv, spec, workspace.path / "gacthu.log", env=env)
    server.event_log = event_log
    return server


def probe(tools, server):
    """What the server answers to Postfix's negotiation, as milter-load prints it."""
    done = subprocess.run(
        [tools["milter-load"], "--socket", server.socket, "--probe"],
        capture_output=True, text=True, timeout=60, check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"{server.name} does not answer negotiation: {done.stderr.strip()}; {server.log_tail()}")
    return json.loads(done.stdout)
