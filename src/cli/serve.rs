//! `gacthu serve`: the milter with its listeners, admin pages, signals and end.

use std::{
    future::Future,
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ipnet::IpNet;
use sd_notify::NotifyState;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tracing::{error, info, warn};

use super::{
    FAILED, UNUSABLE, fail, log,
    policy::{load, print_report, summary},
};
use crate::{
    admin::{self, Desk},
    engine::{Limits, Services},
    event::EventLog,
    metrics::Metrics,
    milter::{self, ListenSpec, Listener, Settings, Timeouts},
    policy::Generation,
    service::{Service, Shared},
    verdict::Mode,
};

/// Arguments of `gacthu serve`. Each can be given in the environment too, as the systemd unit does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Signals: HUP loads the policy anew and opens the event log anew, as `gacthu reload` does; TERM and INT end in good order: running messages are finished first.\n\nExit status: 0 after TERM or INT; 1 a listener or a file could not be opened; 2 wrong usage, or the policy does not check.\n\nExample, beside a Postfix in its chroot:\n  gacthu serve --policy /etc/gacthu/policy.yaml --admin 127.0.0.1:9810 \\\n    --listen unix:/var/spool/postfix/gacthu/mx.sock,role=mx,group=postfix"
)]
pub struct Args {
    /// Policy file; several: which one rules is decided per recipient.
    #[arg(
        long,
        env = "GACTHU_POLICY",
        required = true,
        value_name = "FILE",
        value_delimiter = ':'
    )]
    policy: Vec<PathBuf>,
    /// Where to listen: unix:PATH or inet:HOST:PORT, then ,role=mx|submission|mailbox|gateway|local
    /// ,mode=0660 ,group=postfix. Not needed under systemd's socket activation.
    #[arg(
        long,
        env = "GACTHU_LISTEN",
        value_name = "SPEC",
        value_delimiter = ' '
    )]
    listen: Vec<ListenSpec>,
    /// Address of /metrics and /healthz. Loopback is wise: there is no password.
    #[arg(long, env = "GACTHU_ADMIN", value_name = "ADDR:PORT")]
    admin: Option<SocketAddr>,
    /// Socket for `gacthu reload`, open to its owner only.
    #[arg(long, env = "GACTHU_CONTROL", value_name = "PATH")]
    control: Option<PathBuf>,
    /// A network whose clients are ours (mailbox servers, devices): what they send is outbound or
    /// internal.
    #[arg(
        long,
        env = "GACTHU_OWN_NETWORK",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    own_network: Vec<IpNet>,
    /// Folder for large messages while they are judged: unlinked, encrypted files. Without it
    /// they are held in memory (memfd).
    #[arg(long, env = "GACTHU_SPOOL_DIR", value_name = "DIR")]
    spool_dir: Option<PathBuf>,
    /// MiB that all messages together may hold in the spool. A message that finds it full is
    /// judged by size, names, hashes and the beginning of each file.
    #[arg(
        long,
        env = "GACTHU_SPOOL_LIMIT",
        default_value_t = 8192,
        value_name = "MIB"
    )]
    spool_limit: u64,
    /// File for decision events, one JSON object a line. Without it they go to the log.
    #[arg(long, env = "GACTHU_EVENT_LOG", value_name = "FILE")]
    event_log: Option<PathBuf>,
    /// How log lines look; auto: journald under systemd, else text.
    #[arg(long, env = "GACTHU_LOG_FORMAT", value_enum, default_value = "auto")]
    log_format: log::LogFormat,
    /// What is logged: error, warn, info, debug, trace; by room: info,gacthu::milter=debug.
    #[arg(
        long,
        env = "GACTHU_LOG",
        default_value = "info",
        value_name = "FILTER"
    )]
    log: String,
    /// Milter connections at once. Postfix opens one for each SMTP session.
    #[arg(
        long,
        env = "GACTHU_MAX_CONNECTIONS",
        default_value_t = 1024,
        value_name = "N"
    )]
    max_connections: usize,
    /// Seconds that messages under way may take after TERM.
    #[arg(
        long,
        env = "GACTHU_DRAIN",
        default_value_t = 30,
        value_name = "SECONDS"
    )]
    drain: u64,
    /// Seconds without a command after which a connection between messages is closed.
    #[arg(
        long,
        env = "GACTHU_IDLE_TIMEOUT",
        default_value_t = 3600,
        value_name = "SECONDS"
    )]
    idle_timeout: u64,
    /// Seconds that Postfix may be silent inside a message's content.
    #[arg(
        long,
        env = "GACTHU_READ_TIMEOUT",
        default_value_t = 330,
        value_name = "SECONDS"
    )]
    read_timeout: u64,
}

pub(super) fn run(args: Args) -> ExitCode {
    if let Err(message) = log::start(args.log_format, &args.log) {
        return fail(UNUSABLE, message);
    }
    log_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(FAILED, format_args!("no threads can be started: {error}")),
    };
    // Before anything takes time: a signal that comes meanwhile waits instead of killing us.
    let signals = {
        let _context = runtime.enter();
        match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                return fail(FAILED, format_args!("signals cannot be received: {error}"));
            }
        }
    };
    let policy = match load(&args.policy) {
        Ok(policy) => policy,
        Err(report) => {
            print_report(&report);
            return fail(UNUSABLE, "the policy does not check; gacthu does not start");
        }
    };
    let listeners = match listeners(&args.listen) {
        Ok(listeners) => listeners,
        Err((status, message)) => return fail(status, message),
    };
    let served = runtime.block_on(serve(args, policy, listeners, signals));
    // Not dropped: that would wait for work of messages that were cut off.
    runtime.shutdown_timeout(LAST);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(FAILED, message),
    }
}

/// The sockets that systemd hands over, and those of the command line.
fn listeners(specs: &[ListenSpec]) -> Result<Vec<Listener>, (u8, String)> {
    let mut listeners = milter::activated().map_err(|error| (FAILED, error.to_string()))?;
    for spec in specs {
        listeners.push(Listener::bind(spec).map_err(|error| (FAILED, error.to_string()))?);
    }
    if listeners.is_empty() {
        return Err((
            UNUSABLE,
            "nowhere to listen: give --listen unix:/path/to/socket (see gacthu serve --help), or start through gacthu.socket".to_owned(),
        ));
    }
    Ok(listeners)
}

async fn serve(
    args: Args,
    policy: Generation,
    listeners: Vec<Listener>,
    signals: Signals,
) -> Result<(), String> {
    let events = match &args.event_log {
        None => EventLog::Tracing,
        Some(path) => EventLog::file(path)
            .map_err(|error| format!("--event-log {} cannot be opened: {error}", path.display()))?,
    };
    let limits = Limits {
        spool: args.spool_limit.saturating_mul(1 << 20),
        ..Limits::default()
    };
    let running = summary(&policy);
    if let Some(dir) = &args.spool_dir {
        writable(dir)
            .map_err(|error| format!("--spool-dir {} cannot be used: {error}", dir.display()))?;
    }
    let services = Services::new(policy, limits, args.spool_dir.clone())
        .map_err(|error| format!("the spool cannot be used: {error} (--spool-dir)"))?;
    let shared = Arc::new(Shared {
        services: Arc::new(services),
        metrics: Metrics::new(),
        events,
        own_networks: args.own_network.clone(),
    });
    let desk = Arc::new(Office {
        shared: shared.clone(),
        paths: args.policy.clone(),
        loading: tokio::sync::Mutex::new(()),
    });
    desk.tell_policy(&shared.services.policy());

    let (stop, stopping) = watch::channel(false);
    if let Some(address) = args.admin {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| format!("--admin {address} cannot be opened: {error}"))?;
        // What the kernel chose, where port 0 was asked for.
        let address = listener.local_addr().unwrap_or(address);
        info!(%address, "Metrics and health are served.");
        tokio::spawn(admin::serve(listener, desk.clone(), stopping.clone()));
    }
    if let Some(path) = &args.control {
        let socket = admin::open_control(path).map_err(|error| format!("--control: {error}"))?;
        tokio::spawn(admin::control(socket, desk.clone(), stopping.clone()));
    }
    for listener in &listeners {
        info!(listener = %listener.info(), role = ?listener.info().role, "Listening.");
    }
    tokio::spawn(signals.heed(desk.clone(), stop));
    tokio::spawn(watchdog());

    let settings = Settings {
        max_connections: args.max_connections,
        grace: Duration::from_secs(args.drain),
        timeouts: Timeouts {
            idle: Duration::from_secs(args.idle_timeout),
            read: Duration::from_secs(args.read_timeout),
            ..Timeouts::default()
        },
        ..Settings::default()
    };
    let service = Arc::new(Service(shared.clone()));
    info!(
        version = env!("CARGO_PKG_VERSION"),
        policy = running,
        "Ready."
    );
    notify(&[NotifyState::Ready]);
    let served = milter::serve(listeners, service, settings, shared, stopping).await;
    info!("Ended.");
    served.map_err(|error| format!("the listeners cannot be used: {error}"))
}

/// Tries what the spool will do, so that a folder that cannot be used is found at the start and
/// not by the first large message.
fn writable(dir: &std::path::Path) -> std::io::Result<()> {
    let probe = dir.join(format!(".gacthu-{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(probe)
}

/// The signals that a service is told by.
struct Signals {
    hup: Signal,
    int: Signal,
    term: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            hup: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
        })
    }

    /// HUP: load anew. TERM and INT: end in good order; a second one ends at once.
    async fn heed(mut self, desk: Arc<Office>, stop: watch::Sender<bool>) {
        loop {
            tokio::select! {
                _ = self.hup.recv() => {
                    let now = NotifyState::monotonic_usec_now();
                    notify(&[NotifyState::Reloading, now.unwrap_or(NotifyState::MonotonicUsec(0))]);
                    desk.reload().await;
                    notify(&[NotifyState::Ready]);
                }
                _ = self.term.recv() => break,
                _ = self.int.recv() => break,
            }
        }
        info!("Ending: running messages are finished first.");
        notify(&[NotifyState::Stopping]);
        // An error means that nobody waits any more.
        let _ = stop.send(true);
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
        warn!("Ended at once by a second signal.");
        std::process::exit(i32::from(FAILED));
    }
}

/// Tells systemd at half of `WatchdogSec=` that the runtime still turns: to the very end, since
/// running messages may take as long as that after TERM.
async fn watchdog() {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut tick = tokio::time::interval(period / 2);
    loop {
        tick.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

/// How long work on messages that were cut off may hold up the end of the program.
const LAST: Duration = Duration::from_secs(1);

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd could not be told.");
    }
}

/// A panic is a mistake of ours: it ends one message, and its place must be found afterwards.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        error!(place, "A panic: please report this.");
    }));
}

/// What the admin pages show and start.
struct Office {
    shared: Arc<Shared>,
    paths: Vec<PathBuf>,
    /// One load at a time.
    loading: tokio::sync::Mutex<()>,
}

impl Office {
    fn tell_policy(&self, generation: &Generation) {
        let metrics = &self.shared.metrics;
        metrics.policy_info.reset();
        for policy in 0..generation.policies() {
            let mode = match generation.mode(policy) {
                Mode::Observe => "observe",
                Mode::Enforce => "enforce",
            };
            metrics
                .policy_info
                .with_label_values(&[generation.name(policy), mode, generation.short_hash()])
                .set(1);
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        metrics
            .policy_loaded
            .set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        metrics.reloads.with_label_values(&["loaded"]).inc();
    }
}

impl Desk for Office {
    fn metrics(&self) -> String {
        let metrics = &self.shared.metrics;
        let services = &self.shared.services;
        metrics
            .spool_bytes
            .set(i64::try_from(services.spool_bytes()).unwrap_or(i64::MAX));
        metrics.heavy_waiting.set(services.heavy_waiting());
        metrics.render()
    }

    fn health(&self) -> Result<(), String> {
        Ok(())
    }

    fn reload(&self) -> Pin<Box<dyn Future<Output = (bool, String)> + Send + '_>> {
        Box::pin(async {
            let _one = self.loading.lock().await;
            // Whatever becomes of the policy: log rotation asks by a reload.
            if let Err(error) = self.shared.events.reopen() {
                self.shared.metrics.event_errors.inc();
                error!(%error, "The event log could not be opened anew; the old one stays in use.");
            }
            let paths = self.paths.clone();
            let loaded = tokio::task::spawn_blocking(move || crate::policy::load(&paths)).await;
            match loaded {
                Ok(Ok(generation)) => {
                    let mut text = summary(&generation) + "\n";
                    for warning in generation.warnings() {
                        text.push_str(&warning.to_string());
                    }
                    // Its patterns are compiled here.
                    let services = self.shared.services.clone();
                    let replace = move || services.replace_policy(generation);
                    if let Err(error) = tokio::task::spawn_blocking(replace).await {
                        return self.refused(format!("the load failed: {error}\n"));
                    }
                    self.tell_policy(&self.shared.services.policy());
                    info!(policy = %text.trim_end(), "The policy was loaded.");
                    (true, text)
                }
                Ok(Err(report)) => self.refused(report.to_string()),
                Err(error) => self.refused(format!("the load failed: {error}\n")),
            }
        })
    }
}

impl Office {
    fn refused(&self, text: String) -> (bool, String) {
        self.shared
            .metrics
            .reloads
            .with_label_values(&["refused"])
            .inc();
        error!(
            report = %text.trim_end(),
            "The policy does not check; the one that runs stays."
        );
        (false, text + "The policy that runs stays.\n")
    }
}
