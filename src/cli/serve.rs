//! `gacthu serve`: the milter with its listeners, admin pages, signals and end.

use std::{process::ExitCode, sync::Arc, time::Duration};

use sd_notify::NotifyState;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tracing::{error, info, warn};

use super::{
    FAILED, UNUSABLE, fail, list_watch, log,
    office::{LOOKING, Office},
    options::Args,
    policy::{load, print_report, summary},
};
use crate::{
    admin::{self, Desk},
    engine::Services,
    event::EventLog,
    journal::{Journal, Storage},
    metrics::Metrics,
    milter::{self, ListenSpec, Listener},
    notices::Notices,
    policy::Generation,
    service::{Service, Shared},
    settings::Settings,
    state::{AcknowledgedFile, Defers},
};

pub(super) fn run(args: Args) -> ExitCode {
    let (settings, warnings) = match args.settings() {
        Ok(settings) => settings,
        Err(report) => {
            print_report(&report);
            return fail(UNUSABLE, "the settings do not check; gacthu does not start");
        }
    };
    for warning in warnings {
        eprintln!("{warning}");
    }
    if let Err(message) = log::start(settings.log.format, &settings.log.filter) {
        return fail(UNUSABLE, message);
    }
    log_panics();
    if let Some(state) = &settings.state
        && let Err(error) = std::fs::create_dir_all(state)
    {
        let state = state.display();
        return fail(
            FAILED,
            format_args!("state {state} cannot be made: {error}"),
        );
    }
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
    let mut policy = match load(&settings.policies) {
        Ok(policy) => policy,
        Err(report) => {
            print_report(&report);
            return fail(UNUSABLE, "the policy does not check; gacthu does not start");
        }
    };
    if let Err(message) = hold_back(settings.state.as_deref(), &mut policy) {
        return fail(UNUSABLE, message);
    }
    let listeners = match listeners(&settings.listeners) {
        Ok(listeners) => listeners,
        Err((status, message)) => return fail(status, message),
    };
    let served = runtime.block_on(serve(args, settings, policy, listeners, signals));
    // Not dropped: that would wait for work of messages that were cut off.
    runtime.shutdown_timeout(LAST);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(FAILED, message),
    }
}

/// The sockets that systemd hands over, and those of the settings which it did not open already.
fn listeners(specs: &[ListenSpec]) -> Result<Vec<Listener>, (u8, String)> {
    let mut listeners = milter::activated().map_err(|error| (FAILED, error.to_string()))?;
    for spec in specs {
        let name = spec.place.to_string();
        let open = listeners.iter().find(|open| open.info().name == name);
        if let Some(open) = open {
            let role = open.info().role;
            if role != spec.role {
                return Err((
                    UNUSABLE,
                    format!(
                        "{name} has the role {} in the settings, and systemd hands it over as {}: make FileDescriptorName= of its .socket unit and the settings say the same",
                        spec.role.as_str(),
                        role.as_str()
                    ),
                ));
            }
            continue;
        }
        listeners.push(Listener::bind(spec).map_err(|error| (FAILED, error.to_string()))?);
    }
    if listeners.is_empty() {
        return Err((
            UNUSABLE,
            "nowhere to listen: give --listen unix:/path/to/socket (see gacthu serve --help), `listeners` in the settings file, or start through gacthu.socket".to_owned(),
        ));
    }
    Ok(listeners)
}

async fn serve(
    args: Args,
    settings: Settings,
    policy: Generation,
    listeners: Vec<Listener>,
    signals: Signals,
) -> Result<(), String> {
    let events = match &settings.events {
        None => EventLog::Tracing,
        Some(path) => EventLog::file(path)
            .map_err(|error| format!("--event-log {} cannot be opened: {error}", path.display()))?,
    };
    let running = summary(&policy);
    let dirs = [
        ("--spool-dir", &settings.spool_directory),
        ("state", &settings.state),
    ];
    for (what, dir) in dirs {
        if let Some(dir) = dir {
            writable(dir)
                .map_err(|error| format!("{what} {} cannot be used: {error}", dir.display()))?;
        }
    }
    let limits = settings.limits.clone();
    let services = Services::new(policy, limits, settings.spool_directory.clone())
        .map_err(|error| format!("the spool cannot be used: {error} (--spool-dir)"))?;
    let defers = Arc::new(match &settings.state {
        None => Defers::default(),
        Some(dir) => Defers::open(dir)
            .map_err(|error| format!("state {} cannot be used: {error}", dir.display()))?,
    });
    let services = services.with_counters(defers.clone());
    let metrics = Metrics::new();
    let place = settings.journal.place(settings.state.as_deref());
    let journal = journal(&settings, place.clone(), &metrics)?;
    let notices = match &settings.notices {
        None => Notices::default(),
        Some(notices) => {
            let directory = notices.directory.display().to_string();
            Notices::open(notices.clone(), metrics.notices.clone())
                .map_err(|error| format!("notices {directory} cannot be used: {error}"))?
        }
    };
    let shared = Arc::new(Shared {
        services: Arc::new(services.with_site(settings.site.clone())),
        metrics,
        events,
        journal,
        recorder: defers,
        notices,
    });
    let desk = Arc::new(Office {
        shared: shared.clone(),
        args,
        settings: tokio::sync::Mutex::new(settings.clone()),
        storage: place,
        looking: tokio::sync::Semaphore::new(LOOKING),
    });
    desk.tell_policy(&shared.services.policy());

    let (stop, stopping) = watch::channel(false);
    if let Some(address) = settings.admin {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| format!("--admin {address} cannot be opened: {error}"))?;
        // What the kernel chose, where port 0 was asked for.
        let address = listener.local_addr().unwrap_or(address);
        info!(%address, "Metrics and health are served.");
        tokio::spawn(admin::serve(listener, desk.clone(), stopping.clone()));
    }
    if let Some(path) = &settings.control {
        let socket = admin::open_control(path).map_err(|error| format!("--control: {error}"))?;
        tokio::spawn(admin::control(socket, desk.clone(), stopping.clone()));
    }
    for listener in &listeners {
        info!(listener = %listener.info(), role = ?listener.info().role, "Listening.");
    }
    tokio::spawn(signals.heed(desk.clone(), stop));
    tokio::spawn(watchdog());
    tokio::spawn(list_watch::keep(desk.clone(), shared.services.clone()));

    let service = Arc::new(Service(shared.clone()));
    info!(
        version = env!("CARGO_PKG_VERSION"),
        policy = running,
        "Ready."
    );
    notify(&[NotifyState::Ready]);
    let served = milter::serve(
        listeners,
        service,
        settings.milter,
        shared.clone(),
        stopping,
    )
    .await;
    let close = move || {
        if let Some(journal) = &shared.journal {
            journal.close();
        }
    };
    if let Err(error) = tokio::task::spawn_blocking(close).await {
        error!(%error, "The journal could not be closed.");
    }
    info!("Ended.");
    served.map_err(|error| format!("the listeners cannot be used: {error}"))
}

/// Opens the journal, where there is one.
fn journal(
    settings: &Settings,
    place: Option<Storage>,
    metrics: &Metrics,
) -> Result<Option<Journal>, String> {
    let Some(storage) = place else {
        return Ok(None);
    };
    let Some(state) = &settings.state else {
        return Err(
            "`storage` needs a state folder, where decisions stand until the storage has them: give `state` in the settings file or --state"
                .to_owned(),
        );
    };
    let node = settings.journal.node();
    let shown = storage.to_string();
    let journal = Journal::open(&settings.journal, storage, state, metrics.journal.clone())
        .map_err(|error| {
            format!(
                "the decision log in {} cannot be used: {error}",
                state.display()
            )
        })?;
    info!(storage = shown, node, "Decisions are kept in the journal.");
    Ok(Some(journal))
}

/// Lets rules that nobody on the site has acknowledged observe; says which.
pub(super) fn hold_back(
    state: Option<&std::path::Path>,
    policy: &mut Generation,
) -> Result<(), String> {
    let Some(state) = state else { return Ok(()) };
    AcknowledgedFile::in_folder(state)
        .apply(policy)
        .map_err(|error| format!("state {} cannot be used: {error}", state.display()))?;
    for new in policy.unacknowledged() {
        warn!(
            policy = new.policy,
            rule = new.rule,
            origin = new.origin,
            "A rule that is new on this site observes until it is acknowledged (gacthu policy acknowledge)."
        );
    }
    Ok(())
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
