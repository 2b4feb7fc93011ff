//! A server with a recording session, and an MTA that says what the test tells it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gacthu::milter::{
    Answered, Edits, End, Events, Granted, ListenSpec, Listener, ListenerInfo, Macros, Peer, Reply,
    Service, Session, Settings, Stage, Strings, serve,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

/// What the sessions of a server do.
#[derive(Clone, Default)]
pub struct Script {
    /// Replies that are not `Continue`.
    pub replies: Vec<(Stage, Reply)>,
    /// Stages that wait until the test gives a permit.
    pub held: Vec<Stage>,
    /// What they wait for.
    pub permits: Option<Arc<Semaphore>>,
    /// A stage at which the session panics.
    pub panics: Option<Stage>,
    /// Whether to ask for edits at the end of message.
    pub edits: bool,
}

impl Script {
    pub fn reply(stage: Stage, reply: Reply) -> Self {
        Self {
            replies: vec![(stage, reply)],
            ..Self::default()
        }
    }

    /// Sessions that wait at `stage`, and the handle that lets them go on.
    pub fn hold(stage: Stage) -> (Self, Arc<Semaphore>) {
        let permits = Arc::new(Semaphore::new(0));
        let held = vec![stage];
        (
            Self {
                held,
                permits: Some(permits.clone()),
                ..Self::default()
            },
            permits,
        )
    }
}

/// A running server.
pub struct Server {
    /// Its address.
    pub info: ListenerInfo,
    /// What sessions and the server told, in order.
    pub log: mpsc::UnboundedReceiver<String>,
    drain: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
    /// Holds the unix socket.
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    pub fn tcp(script: Script, settings: Settings) -> Self {
        Self::start(&"inet:127.0.0.1:0".parse().unwrap(), script, settings, None)
    }

    pub fn unix(script: Script, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = format!("unix:{}/m.sock,role=submission", folder.path().display());
        Self::start(&spec.parse().unwrap(), script, settings, Some(folder))
    }

    pub fn start(
        spec: &ListenSpec,
        script: Script,
        settings: Settings,
        folder: Option<tempfile::TempDir>,
    ) -> Self {
        let listener = Listener::bind(spec).unwrap();
        let info = listener.info().clone();
        let (tell, log) = mpsc::unbounded_channel();
        let service = Arc::new(Recorder {
            tell: tell.clone(),
            script,
        });
        let (drain, draining) = watch::channel(false);
        let events = Arc::new(Counter { tell });
        let task = tokio::spawn(serve(vec![listener], service, settings, events, draining));
        Self {
            info,
            log,
            drain,
            task,
            _folder: folder,
        }
    }

    pub async fn connect(&self) -> Mta {
        let stream: Box<dyn Stream> = match self.info.name.split_once(':').unwrap() {
            ("unix", path) => Box::new(UnixStream::connect(path).await.unwrap()),
            (_, address) => Box::new(TcpStream::connect(address).await.unwrap()),
        };
        Mta { stream }
    }

    /// The next thing that was told.
    pub async fn told(&mut self) -> String {
        soon(self.log.recv()).await.unwrap()
    }

    /// Everything that is told up to and with a line that begins with `last`.
    pub async fn told_until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.told().await);
            if lines.last().is_some_and(|line| line.starts_with(last)) {
                return lines;
            }
        }
    }

    pub fn drain(&self) {
        self.drain.send(true).unwrap();
    }

    /// Waits for the end of the server.
    pub async fn ended(self) {
        soon(self.task).await.unwrap().unwrap();
    }
}

/// Fails a test instead of letting it hang.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future)
        .await
        .expect("nothing happened for 20 s")
}

/// Something that an MTA can be connected by.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The MTA's side of a connection.
pub struct Mta {
    stream: Box<dyn Stream>,
}

impl Mta {
    pub async fn write(&mut self, bytes: &[u8]) {
        soon(self.stream.write_all(bytes)).await.unwrap();
    }

    /// Writes to a server that may have closed already.
    pub async fn try_write(&mut self, bytes: &[u8]) {
        let _ = soon(self.stream.write_all(bytes)).await;
    }

    pub async fn send(&mut self, letter: u8, data: &[u8]) {
        self.write(&packet(letter, data)).await;
    }

    /// The next frame, its letter first.
    pub async fn read(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        soon(self.stream.read_exact(&mut length)).await.unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        soon(self.stream.read_exact(&mut frame)).await.unwrap();
        frame
    }

    /// The server closed, and said nothing more.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A close with unread bytes arrives as a reset.
        if let Err(error) = soon(self.stream.read_to_end(&mut rest)).await {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        assert_eq!(rest, b"");
    }

    /// Negotiates: version, actions and protocol bits of the answer.
    pub async fn negotiate(&mut self, version: u32, actions: u32, protocol: u32) -> [u32; 3] {
        let words = [version, actions, protocol].map(u32::to_be_bytes);
        self.send(b'O', words.as_flattened()).await;
        let answer = self.read().await;
        assert_eq!(answer[0], b'O');
        [1, 5, 9].map(|at| u32::from_be_bytes(answer[at..at + 4].try_into().unwrap()))
    }

    /// Negotiates as Postfix does.
    pub async fn postfix(&mut self) {
        self.negotiate(6, 0x1ff, 0x1f_ffff).await;
    }

    /// Sends an event and reads the one reply to it, its letter only.
    pub async fn ask(&mut self, letter: u8, data: &[u8]) -> char {
        self.send(letter, data).await;
        char::from(self.read().await[0])
    }
}

pub fn packet(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).unwrap();
    [&length.to_be_bytes()[..], &[letter], data].concat()
}

/// The events of one message after MAIL and RCPT, as frames: letter, data, stage.
pub const MESSAGE: [(u8, &[u8], Stage); 9] = [
    (
        b'C',
        b"client.example\x004\x9c\x40192.0.2.1\0",
        Stage::Connect,
    ),
    (b'H', b"client.example\0", Stage::Helo),
    (b'M', b"<a@client.example>\0SIZE=9\0", Stage::Mail),
    (b'R', b"<b@daknong.gov.vn>\0", Stage::Rcpt),
    (b'T', b"", Stage::Data),
    (b'L', b"Subject\0 x\0", Stage::Header),
    (b'N', b"", Stage::EndOfHeaders),
    (b'B', b"hello\r\n", Stage::Body),
    (b'E', b"", Stage::EndOfMessage),
];

struct Recorder {
    tell: mpsc::UnboundedSender<String>,
    script: Script,
}

impl Service for Recorder {
    type Session = Recording;

    fn session(&self, listener: &ListenerInfo) -> Recording {
        let session = Recording {
            tell: self.tell.clone(),
            script: self.script.clone(),
        };
        session.tell(format!(
            "session {:?} {:?}",
            listener.role, listener.transport
        ));
        session
    }
}

pub struct Recording {
    tell: mpsc::UnboundedSender<String>,
    script: Script,
}

impl Recording {
    fn tell(&self, line: String) {
        let _ = self.tell.send(line);
    }

    async fn at(&self, stage: Stage, line: String) -> Reply {
        self.tell(line);
        if self.script.held.contains(&stage)
            && let Some(permits) = &self.script.permits
        {
            permits.acquire().await.unwrap().forget();
        }
        assert_ne!(self.script.panics, Some(stage), "as the script says");
        let found = self.script.replies.iter().find(|(at, _)| *at == stage);
        found.map_or(Reply::Continue, |(_, reply)| reply.clone())
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

impl Session for Recording {
    fn negotiated(&mut self, granted: &Granted) {
        self.tell(format!(
            "version {}, space {}",
            granted.version,
            granted.leading_space()
        ));
    }

    fn macros(&mut self, stage: Stage, macros: Macros<'_>) {
        for (name, value) in macros {
            self.tell(format!("macro {stage} {}={}", text(name), text(value)));
        }
    }

    async fn connect(&mut self, host: &[u8], peer: Peer) -> Reply {
        let ip = peer.ip().map(|ip| ip.to_string()).unwrap_or_default();
        self.at(Stage::Connect, format!("connect {} {ip}", text(host)))
            .await
    }

    async fn helo(&mut self, name: &[u8]) -> Reply {
        self.at(Stage::Helo, format!("helo {}", text(name))).await
    }

    async fn mail(&mut self, address: &[u8], args: Strings<'_>) -> Reply {
        let args: Vec<_> = args.map(text).collect();
        self.at(
            Stage::Mail,
            format!("mail {} {}", text(address), args.join(" ")),
        )
        .await
    }

    async fn rcpt(&mut self, address: &[u8], args: Strings<'_>) -> Reply {
        let args: Vec<_> = args.map(text).collect();
        self.at(
            Stage::Rcpt,
            format!("rcpt {} {}", text(address), args.join(" ")),
        )
        .await
    }

    async fn data(&mut self) -> Reply {
        self.at(Stage::Data, "data".to_owned()).await
    }

    async fn header(&mut self, name: &[u8], value: &[u8]) -> Reply {
        self.at(
            Stage::Header,
            format!("header {}:{}", text(name), text(value)),
        )
        .await
    }

    async fn end_of_headers(&mut self) -> Reply {
        self.at(Stage::EndOfHeaders, "eoh".to_owned()).await
    }

    async fn body(&mut self, chunk: Bytes) -> Reply {
        self.at(Stage::Body, format!("body {}", text(&chunk))).await
    }

    async fn end_of_message(&mut self, edits: &mut Edits) -> Reply {
        if self.script.edits {
            edits.add_header("X-Gacthu-Tag", " x").unwrap();
            edits.quarantine("why").unwrap();
        }
        self.at(Stage::EndOfMessage, "eom".to_owned()).await
    }

    fn answered(&mut self, stage: Stage, how: Answered) {
        self.tell(format!("answered {stage} {how:?}"));
    }

    fn abort(&mut self) {
        self.tell("abort".to_owned());
    }

    fn quit(&mut self, why: &End) {
        self.tell(format!("quit {}", why.as_str()));
    }
}

struct Counter {
    tell: mpsc::UnboundedSender<String>,
}

impl Events for Counter {
    fn refused(&self, _: &ListenerInfo) {
        let _ = self.tell.send("refused".to_owned());
    }

    fn closed(&self, _: &ListenerInfo, why: &End) {
        let detail = match why {
            End::Misbehaved(error) => format!(": {error}"),
            _ => String::new(),
        };
        let _ = self.tell.send(format!("closed {}{detail}", why.as_str()));
    }
}
