//! The options of `gacthu serve`, and how they override its settings file.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use crate::{
    facts::Network,
    milter::ListenSpec,
    settings::{LogFormat, Settings},
    yaml::{Problem, Report},
};

/// Arguments of `gacthu serve`. Each can be given in the environment too, as the systemd unit does.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Signals: HUP loads the settings and the policy anew and opens the event log anew, as `gacthu reload` does; TERM and INT end in good order: running messages are finished first.\n\nExit status: 0 after TERM or INT; 1 a listener or a file could not be opened; 2 wrong usage, or the settings or the policy do not check.\n\nExample, beside a Postfix in its chroot:\n  gacthu serve --policy /etc/gacthu/policy.yaml --admin 127.0.0.1:9810 \\\n    --listen unix:/var/spool/postfix/gacthu/mx.sock,role=mx,group=postfix"
)]
pub struct Args {
    /// Settings file (gacthu.yaml, docs/settings.md). Each option below overrides what it says.
    #[arg(long, env = "GACTHU_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Policy file; several: which one rules is decided per recipient.
    #[arg(
        long,
        env = "GACTHU_POLICY",
        required_unless_present = "config",
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
    /// A network whose clients are ours: what they send is outbound or internal. It is added to the
    /// mailbox servers of the settings file.
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
    /// Folder for what gacthu must remember over a restart: for how long messages were deferred, and
    /// which rules this site has acknowledged. Without it nothing is held back.
    #[arg(long, env = "GACTHU_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
    /// MiB that all messages together may hold in the spool. A message that finds it full is
    /// judged by size, names, hashes and the beginning of each file [default: 8192].
    #[arg(long, env = "GACTHU_SPOOL_LIMIT", value_name = "MIB")]
    spool_limit: Option<u64>,
    /// File for decision events, one JSON object a line. Without it they go to the log.
    #[arg(long, env = "GACTHU_EVENT_LOG", value_name = "FILE")]
    event_log: Option<PathBuf>,
    /// How log lines look; auto: journald under systemd, else text [default: auto].
    #[arg(long, env = "GACTHU_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
    /// What is logged: error, warn, info, debug, trace; by room: info,gacthu::milter=debug
    /// [default: info].
    #[arg(long, env = "GACTHU_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// Milter connections at once. Postfix opens one for each SMTP session [default: 1024].
    #[arg(long, env = "GACTHU_MAX_CONNECTIONS", value_name = "N")]
    max_connections: Option<usize>,
    /// Seconds that messages under way may take after TERM [default: 30].
    #[arg(long, env = "GACTHU_DRAIN", value_name = "SECONDS")]
    drain: Option<u64>,
    /// Seconds without a command after which a connection between messages is closed [default: 3600].
    #[arg(long, env = "GACTHU_IDLE_TIMEOUT", value_name = "SECONDS")]
    idle_timeout: Option<u64>,
    /// Seconds that Postfix may be silent inside a message's content [default: 330].
    #[arg(long, env = "GACTHU_READ_TIMEOUT", value_name = "SECONDS")]
    read_timeout: Option<u64>,
}

impl Args {
    /// The settings: those of the file, or the defaults, under the options that are given.
    ///
    /// # Errors
    /// Every mistake in the file.
    pub(super) fn settings(&self) -> Result<(Settings, Vec<Problem>), Report> {
        let (mut settings, warnings) = match &self.config {
            Some(path) => Settings::read(path)?,
            None => Default::default(),
        };
        self.lay_over(&mut settings);
        Ok((settings, warnings))
    }

    fn lay_over(&self, settings: &mut Settings) {
        if !self.policy.is_empty() {
            settings.policies.clone_from(&self.policy);
        }
        if !self.listen.is_empty() {
            settings.listeners.clone_from(&self.listen);
        }
        for &network in &self.own_network {
            let networks = &mut settings.site.networks;
            networks.insert(Network::MailboxServers, network);
        }
        let file = |path: &mut Option<PathBuf>, option: &Option<PathBuf>| {
            if option.is_some() {
                path.clone_from(option);
            }
        };
        file(&mut settings.control, &self.control);
        file(&mut settings.spool_directory, &self.spool_dir);
        file(&mut settings.state, &self.state);
        file(&mut settings.events, &self.event_log);
        settings.admin = self.admin.or(settings.admin);
        if let Some(limit) = self.spool_limit {
            settings.limits.spool = limit.saturating_mul(1 << 20);
        }
        settings.log.format = self.log_format.unwrap_or(settings.log.format);
        if let Some(filter) = &self.log {
            settings.log.filter.clone_from(filter);
        }
        let milter = &mut settings.milter;
        milter.max_connections = self.max_connections.unwrap_or(milter.max_connections);
        let time = |time: &mut Duration, option: Option<u64>| {
            *time = option.map_or(*time, Duration::from_secs);
        };
        time(&mut milter.grace, self.drain);
        time(&mut milter.timeouts.idle, self.idle_timeout);
        time(&mut milter.timeouts.read, self.read_timeout);
    }
}
