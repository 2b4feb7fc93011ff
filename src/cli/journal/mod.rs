//! `gacthu journal`: decisions of the past, found, shown, exported, reconciled with Postfix's log.

mod output;
mod reconcile;
mod show;

use std::{
    collections::HashSet,
    io::{self, Write},
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use self::output::{Format, Printer};
use super::{FAILED, UNUSABLE, fail, policy::print_report, say};
use crate::{
    journal::{
        JournalSettings, Storage,
        store::{Access, Filter, Order, Store, StoreError},
    },
    settings::Settings,
    yaml::value::duration,
};

/// The subcommands of `gacthu journal`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Find decisions, the newest first.
    Find(FindArgs),
    /// Show one decision as a whole, by its reference or Postfix's queue id.
    Show(ShowArgs),
    /// Show the newest decisions, and with --follow those that come.
    Tail(TailArgs),
    /// Print all decisions that are looked for, the oldest first.
    Export(FindArgs),
    /// Join decisions with Postfix's log by queue id: what was answered and not delivered, what was
    /// delivered without a decision.
    Reconcile(reconcile::Args),
    /// Forget what is older than `journal.keep` says; the service does it by itself every hour.
    Purge(PurgeArgs),
}

/// Where the journal stands.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The settings file of the service.
    #[arg(
        long,
        env = "GACTHU_CONFIG",
        default_value = "/etc/gacthu/gacthu.yaml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// The journal itself, as `storage` of the settings names it; then no settings file is read.
    #[arg(long, value_name = "URL")]
    storage: Option<String>,
}

/// What is looked for; all that is given must hold.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// The reference that the sender was told.
    #[arg(long, short, value_name = "REF")]
    reference: Option<String>,
    /// Postfix's queue id.
    #[arg(long, short, value_name = "ID")]
    queue_id: Option<String>,
    /// A sender or recipient; the case of letters does not matter.
    #[arg(long, short, value_name = "ADDRESS")]
    address: Option<String>,
    /// A rule that fired.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// As if every rule were enforced: accept, note, tag, quarantine, defer, reject.
    #[arg(long, value_name = "VERDICT")]
    verdict: Option<String>,
    /// What Postfix was told.
    #[arg(long, value_name = "ANSWER")]
    answer: Option<String>,
    /// From this time on: 2026-11-22, 2026-11-22T08:00 (this machine's time zone), or 7d: so long ago.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<i64>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<i64>,
}

impl Wanted {
    fn filter(&self) -> Filter {
        Filter {
            reference: self.reference.clone(),
            queue_id: self.queue_id.clone(),
            address: self.address.clone(),
            rule: self.rule.clone(),
            verdict: self.verdict.clone(),
            answer: self.answer.clone(),
            since: self.since,
            until: self.until,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct FindArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    wanted: Wanted,
    /// At most so many [default: find 50, export all].
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
    /// How it looks [default: find table, export json].
    #[arg(long, short, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    place: Place,
    /// A reference, or a queue id.
    name: String,
    /// The event as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct TailArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    wanted: Wanted,
    /// So many of the newest.
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Go on with those that come, until interrupted.
    #[arg(long)]
    follow: bool,
    /// How it looks.
    #[arg(long, short, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct PurgeArgs {
    #[command(flatten)]
    place: Place,
    /// Only say what would go.
    #[arg(long)]
    dry_run: bool,
}

/// Why a subcommand ended otherwise than well.
enum Failure {
    Store(StoreError),
    Output(io::Error),
    Usage(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

pub(super) fn run(command: Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(FAILED, error),
    };
    let result = runtime.block_on(async {
        match command {
            Command::Find(args) => find(args, Order::Newest).await,
            Command::Export(args) => find(args, Order::Oldest).await,
            Command::Show(args) => show(args).await,
            Command::Tail(args) => tail(args).await,
            Command::Reconcile(args) => reconcile::run(args).await,
            Command::Purge(args) => purge(args).await,
        }
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        // `| head` has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Output(error)) => fail(UNUSABLE, error),
        Err(Failure::Usage(text)) => fail(UNUSABLE, text),
        Err(Failure::Store(error)) => fail(
            UNUSABLE,
            format_args!("the journal cannot be read: {error}"),
        ),
    }
}

impl Place {
    /// The store, and what the settings say of it.
    fn open(&self, access: Access) -> Result<(Store, JournalSettings), Failure> {
        if let Some(text) = &self.storage {
            let here = std::env::current_dir()?;
            let storage = Storage::parse(text, &here)
                .map_err(|(wrong, help)| Failure::Usage(format!("--storage: {wrong}; {help}")))?;
            return Ok((open(storage, access)?, JournalSettings::default()));
        }
        let (settings, report) = Settings::survey(&self.config);
        if report.errors() > 0 {
            print_report(&report);
            let text = format!(
                "{} does not check; --storage names the journal itself",
                self.config.display()
            );
            return Err(Failure::Usage(text));
        }
        let Some(storage) = settings.journal.place(settings.state.as_deref()) else {
            let text = format!(
                "{} keeps no journal: it has no `state` folder, or `storage: off`",
                self.config.display()
            );
            return Err(Failure::Usage(text));
        };
        Ok((open(storage, access)?, settings.journal))
    }
}

/// A folder that is not there would look like an empty journal.
fn open(storage: Storage, access: Access) -> Result<Store, Failure> {
    if let Storage::Sqlite(folder) = &storage
        && let Err(error) = std::fs::read_dir(folder)
    {
        let text = format!("the journal {} cannot be read: {error}", folder.display());
        return Err(Failure::Usage(text));
    }
    Ok(Store::new(storage, access))
}

async fn find(args: FindArgs, order: Order) -> Result<bool, Failure> {
    let (mut store, _) = args.place.open(Access::Read)?;
    let (format, limit) = match order {
        Order::Newest => (Format::Table, 50),
        Order::Oldest => (Format::Json, usize::MAX),
    };
    let limit = args.limit.unwrap_or(limit);
    let mut printer = Printer::new(args.format.unwrap_or(format), io::stdout().lock());
    let (mut count, mut more) = (0, false);
    let mut printed = Ok(());
    store
        .find(&args.wanted.filter(), order, |found| {
            if count == limit {
                more = true;
                return ControlFlow::Break(());
            }
            count += 1;
            printed = printer.print(&found);
            match printed {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })
        .await?;
    printed?;
    printer.finish()?;
    if more {
        eprintln!("gacthu: there are more than {limit} (--limit)");
    }
    Ok(count > 0)
}

async fn show(args: ShowArgs) -> Result<bool, Failure> {
    let (mut store, _) = args.place.open(Access::Read)?;
    let mut rows = Vec::new();
    for by_reference in [true, false] {
        let name = Some(args.name.trim().to_owned());
        let (reference, queue_id) = match by_reference {
            true => (name, None),
            false => (None, name),
        };
        let filter = Filter {
            reference,
            queue_id,
            ..Filter::default()
        };
        store
            .find(&filter, Order::Oldest, |found| {
                rows.push(found);
                ControlFlow::Continue(())
            })
            .await?;
        if !rows.is_empty() {
            break;
        }
    }
    let mut out = io::stdout().lock();
    for row in &rows {
        match args.json {
            true => writeln!(out, "{:#}", row.json())?,
            false => out.write_all(show::text(row).as_bytes())?,
        }
    }
    if rows.is_empty() {
        eprintln!(
            "gacthu: no decision has the reference or queue id {}",
            args.name
        );
    }
    Ok(!rows.is_empty())
}

/// How often new rows are looked for.
const POLL: Duration = Duration::from_secs(1);

/// How far back a poll looks: another node's rows may come later than ours.
const LATE: i64 = 60 * 1_000_000;

async fn tail(args: TailArgs) -> Result<bool, Failure> {
    let (mut store, _) = args.place.open(Access::Read)?;
    let mut filter = args.wanted.filter();
    let mut printer = Printer::new(args.format, io::stdout().lock());
    let mut rows = Vec::new();
    store
        .find(&filter, Order::Newest, |found| {
            if rows.len() == args.limit {
                return ControlFlow::Break(());
            }
            rows.push(found);
            ControlFlow::Continue(())
        })
        .await?;
    rows.reverse();
    let mut seen = HashSet::new();
    let begun = Timestamp::now().as_microsecond();
    let mut newest = begun;
    let any = !rows.is_empty();
    loop {
        for row in rows.drain(..) {
            newest = newest.max(row.time);
            if seen.insert((row.time, row.node.clone(), row.sequence)) {
                printer.print(&row)?;
            }
        }
        printer.flush()?;
        if !args.follow {
            return Ok(any);
        }
        tokio::time::sleep(POLL).await;
        let since = newest.saturating_sub(LATE).max(begun);
        seen.retain(|(time, ..)| *time >= since);
        filter.since = Some(since);
        store
            .find(&filter, Order::Oldest, |found| {
                rows.push(found);
                ControlFlow::Continue(())
            })
            .await?;
    }
}

async fn purge(args: PurgeArgs) -> Result<bool, Failure> {
    if args.place.storage.is_some() {
        let text = "purge takes the times from the settings file: use --config";
        return Err(Failure::Usage(text.to_owned()));
    }
    let (mut store, settings) = args.place.open(Access::Write)?;
    let now = Timestamp::now().as_microsecond();
    for purged in store.purge(&settings.keep, now, args.dry_run).await? {
        let what = match purged.class {
            "technical" => "the whole month",
            "addresses" => "its addresses",
            _ => "its content-like fields",
        };
        let would = if args.dry_run { "would go" } else { "gone" };
        say(format_args!("{}  {what}: {would}", purged.month));
    }
    Ok(true)
}

/// A time: a day, a day and a time, an RFC 3339 time, or how long ago. In microseconds since 1970.
pub(super) fn time(text: &str) -> Result<i64, String> {
    if let Ok(ago) = duration(text) {
        let ago = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
        return Ok(Timestamp::now().as_microsecond().saturating_sub(ago));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_microsecond());
    }
    let zone = TimeZone::system();
    let local = text.parse::<DateTime>().ok();
    let time = local.and_then(|local| local.to_zoned(zone).ok());
    match time {
        Some(time) => Ok(time.timestamp().as_microsecond()),
        None => Err(
            "write 2026-11-22, 2026-11-22T08:00, 2026-11-22T08:00:00+07:00, or 7d for so long ago"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let exact = time("2026-11-22T08:00:00+07:00").unwrap();
        assert_eq!(exact, time("2026-11-22T01:00:00Z").unwrap());
        let day = time("2026-11-22").unwrap();
        assert_eq!(time("2026-11-22T08:00").unwrap() - day, 8 * 3_600_000_000);
        let now = Timestamp::now().as_microsecond();
        assert!((now - time("1d").unwrap() - 86_400_000_000).abs() < 60_000_000);
        for wrong in ["yesterday", "22/11/2026", "2026-13-01", ""] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
