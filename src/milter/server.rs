//! Takes connections, counts them, and ends them in good order.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, info, warn};

use super::{
    codec::FRAME_LIMIT,
    connection::Connection,
    listener::{Listener, Socket, SocketFile},
    session::{End, Events, ListenerInfo, Service},
    wire::{State, Stream},
};

/// What the server may be told. [`Settings::default`] suits Postfix as it is shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Connections at once, over all listeners.
    pub max_connections: usize,
    /// Longest frame, in bytes.
    pub frame_limit: usize,
    /// How often PROGRESS is sent while an event is being worked on. It must be well below Postfix's
    /// `milter_command_timeout` (30 s), which each PROGRESS starts anew.
    pub progress: Duration,
    /// How long messages that are under way may take once a drain began.
    pub grace: Duration,
    /// How long the MTA may be silent.
    pub timeouts: Timeouts,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            frame_limit: FRAME_LIMIT,
            progress: Duration::from_secs(10),
            grace: Duration::from_secs(30),
            timeouts: Timeouts::default(),
        }
    }
}

/// How long the MTA may be silent. An MTA that is cut off uses its default action on a message
/// that is innocent, so each is longer than what can happen in an honest session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the connection to the negotiation. Postfix negotiates at once.
    pub negotiation: Duration,
    /// Between messages. Postfix lets a client be silent for 300 s (`smtpd_timeout`) and may send
    /// us nothing for several commands.
    pub idle: Duration,
    /// Between MAIL and the first header field. Postfix sends content only after the client's final
    /// dot, so this is the time that a slow client takes for the whole message: hours for 50 MiB
    /// over a bad line.
    pub envelope: Duration,
    /// Inside a frame, and between the first header field and the end of message: Postfix sends
    /// both from its own memory and disk, and gives up itself after 300 s.
    pub read: Duration,
    /// Until the MTA takes what we write.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            negotiation: Duration::from_secs(60),
            idle: Duration::from_secs(3600),
            envelope: Duration::from_secs(12 * 3600),
            read: Duration::from_secs(330),
            write: Duration::from_secs(60),
        }
    }
}

/// Serves until `drain` turns true (or its sender is gone), then stops listening, removes socket
/// files, closes connections that are between messages, lets messages that are under way end within
/// [`Settings::grace`], cuts the rest, and returns.
///
/// # Errors
/// When a listener cannot be given to tokio's reactor; nothing is served then.
pub async fn serve<S: Service>(
    listeners: Vec<Listener>,
    service: Arc<S>,
    settings: Settings,
    events: Arc<dyn Events>,
    mut drain: watch::Receiver<bool>,
) -> io::Result<()> {
    let (phase, phases) = watch::channel(Phase::Run);
    // Each connection holds a clone of `alive`: when all are gone, `ended` says so.
    let (alive, mut ended) = mpsc::channel(1);
    let grace = settings.grace;
    let house = Arc::new(House {
        service,
        places: Arc::new(Semaphore::new(settings.max_connections)),
        refused: AtomicU64::new(0),
        settings,
        events,
    });
    let mut doors = JoinSet::new();
    for Listener { socket, info, file } in listeners {
        let door = Door {
            house: house.clone(),
            info: Arc::new(info),
            phases: phases.clone(),
            alive: alive.clone(),
        };
        match socket {
            Socket::Tcp(socket) => {
                doors.spawn(door.keep(TcpListener::from_std(socket)?, file));
            }
            Socket::Unix(socket) => {
                doors.spawn(door.keep(UnixListener::from_std(socket)?, file));
            }
        }
    }
    drop(alive);

    // An error means that nobody is left who could ask for a drain: that is one.
    let _ = drain.wait_for(|drain| *drain).await;
    let _ = phase.send(Phase::Drain);
    while doors.join_next().await.is_some() {}
    if timeout(grace, ended.recv()).await.is_err() {
        warn!(
            grace_s = grace.as_secs(),
            "Messages under way are cut off, the grace is over."
        );
        let _ = phase.send(Phase::Cut);
        // Only a handler that never pauses can hold this up; it must not hold up the end.
        if timeout(LAST, ended.recv()).await.is_err() {
            warn!("Connections are left behind, their handlers do not pause.");
        }
    }
    Ok(())
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Serving.
    Run,
    /// No new connections, no new messages.
    Drain,
    /// Nothing any more.
    Cut,
}

/// What all connections share.
pub(super) struct House<S> {
    pub(super) service: Arc<S>,
    pub(super) settings: Settings,
    places: Arc<Semaphore>,
    /// Connections refused since the house was last not full.
    refused: AtomicU64,
    events: Arc<dyn Events>,
}

/// One listener at work.
struct Door<S> {
    house: Arc<House<S>>,
    info: Arc<ListenerInfo>,
    phases: watch::Receiver<Phase>,
    alive: mpsc::Sender<()>,
}

impl<S: Service> Door<S> {
    /// Takes connections until the drain, then stops listening and removes the socket file.
    async fn keep(self, socket: impl Accept, file: Option<SocketFile>) {
        let mut phases = self.phases.clone();
        loop {
            let stream = tokio::select! {
                biased;
                _ = phases.wait_for(|phase| *phase != Phase::Run) => break,
                stream = socket.accept() => stream,
            };
            match stream {
                Ok(stream) => self.welcome(stream),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // Out of file descriptors or memory: it passes when connections end, and the
                    // kernel keeps the queue until then.
                    warn!(listener = %self.info, %error, "Connection could not be taken.");
                    sleep(Duration::from_millis(200)).await;
                }
            }
        }
        drop(file);
        drop(socket);
    }

    /// Starts a connection, or turns it away.
    ///
    /// Turned away means taken and closed at once. Were it left in the kernel's queue, Postfix
    /// would believe it connected and wait 30 s for our negotiation, with its client waiting too;
    /// closed, the negotiation fails and `milter_default_action` is used at once.
    fn welcome<T: Stream>(&self, stream: T) {
        let house = &self.house;
        let Ok(place) = house.places.clone().try_acquire_owned() else {
            house.events.refused(&self.info);
            if house.refused.fetch_add(1, Ordering::Relaxed) == 0 {
                warn!(
                    listener = %self.info,
                    limit = house.settings.max_connections,
                    "Connections are refused, there are too many.",
                );
            }
            return;
        };
        let refused = house.refused.swap(0, Ordering::Relaxed);
        if refused > 0 {
            info!(listener = %self.info, refused, "Connections are taken again.");
        }
        if let Err(error) = stream.prepare() {
            debug!(listener = %self.info, %error, "Socket options were not set.");
        }
        house.events.accepted(&self.info);
        tokio::spawn(self.attend(stream, place));
    }

    fn attend<T: Stream>(
        &self,
        stream: T,
        place: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (house, info, alive) = (self.house.clone(), self.info.clone(), self.alive.clone());
        let phases = self.phases.clone();
        async move {
            let peer = stream.peer();
            // Told even when a handler panics: the count of open connections must come down.
            let mut told = Told {
                house: &house,
                info: &info,
                end: End::Failed(panicked()),
            };
            let (end, state) = Connection::new(stream, info.clone(), house.clone(), phases)
                .run()
                .await;
            log(&info, &peer, &end, state);
            told.end = end;
            drop(told);
            drop((place, alive));
        }
    }
}

/// A socket that listens.
trait Accept: Send + Sync + 'static {
    /// What it gives.
    type Stream: Stream;

    /// Waits for the next connection.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<UnixStream> {
        Self::accept(self).await.map(|(stream, _)| stream)
    }
}

/// Tells [`Events::closed`] when it is dropped.
struct Told<'a, S> {
    house: &'a House<S>,
    info: &'a ListenerInfo,
    end: End,
}

impl<S> Drop for Told<'_, S> {
    fn drop(&mut self) {
        self.house.events.closed(self.info, &self.end);
    }
}

/// One line for each connection that ended badly; the rest at debug level.
fn log(listener: &ListenerInfo, peer: &str, end: &End, state: State) {
    let busy = state.busy();
    match end {
        End::Misbehaved(error) => {
            warn!(%listener, %peer, %error, "Connection was dropped: no sound milter protocol.");
        }
        End::TimedOut if state == State::Start => {
            warn!(%listener, %peer, "Connection was dropped: no negotiation came; an SMTP client?");
        }
        End::TimedOut => {
            warn!(%listener, %peer, busy, "Connection was dropped: the MTA was silent too long.");
        }
        End::Failed(error) => {
            warn!(%listener, %peer, busy, %error, "Connection broke.");
        }
        End::Closed if busy => {
            info!(%listener, %peer, "MTA closed the connection in the middle of a message.");
        }
        End::Drained if busy => {
            warn!(%listener, %peer, "Connection was cut in the middle of a message.");
        }
        End::Closed | End::Drained | End::NextSession | End::Quit => {
            debug!(%listener, %peer, end = end.as_str(), "Connection closed.");
        }
    }
}

/// How long connections may take to end once they were cut.
const LAST: Duration = Duration::from_secs(5);

fn panicked() -> io::Error {
    io::Error::other("the handler panicked")
}

impl Stream for TcpStream {
    fn prepare(&self) -> io::Result<()> {
        self.set_nodelay(true)?;
        // A peer that vanished without a word (a host that lost power) is noticed after 5 minutes.
        sockopt::set_socket_keepalive(self, true)?;
        sockopt::set_tcp_keepidle(self, Duration::from_secs(120))?;
        sockopt::set_tcp_keepintvl(self, Duration::from_secs(30))?;
        sockopt::set_tcp_keepcnt(self, 6)?;
        Ok(())
    }

    fn peer(&self) -> String {
        self.peer_addr()
            .map_or_else(|_| "unknown".to_owned(), |address| address.to_string())
    }

    fn acknowledge(&self) {
        let _ = sockopt::set_tcp_quickack(self, true);
    }

    async fn ready(&self) -> io::Result<tokio::io::Ready> {
        Self::ready(self, tokio::io::Interest::READABLE).await
    }

    fn try_read(&self, buffer: &mut BytesMut) -> io::Result<usize> {
        self.try_read_buf(buffer)
    }
}

impl Stream for UnixStream {
    fn peer(&self) -> String {
        let pid = self.peer_cred().ok().and_then(|cred| cred.pid());
        pid.map_or_else(|| "unix".to_owned(), |pid| format!("unix, process {pid}"))
    }

    async fn ready(&self) -> io::Result<tokio::io::Ready> {
        Self::ready(self, tokio::io::Interest::READABLE).await
    }

    fn try_read(&self, buffer: &mut BytesMut) -> io::Result<usize> {
        self.try_read_buf(buffer)
    }
}
