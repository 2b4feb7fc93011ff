//! HTTP for operators: `/metrics`, `/healthz` and `/lookup/REFERENCE` on a TCP address; these and `POST /reload` on the
//! control socket, which only its owner can open.
//!
//! Knows nothing of how anything is decided: what it shows and what it starts is handed to it as
//! [`Desk`].

use std::{future::Future, io, path::Path, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::{Path as UrlPath, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
};

use crate::{
    facts::Role,
    milter::{ListenError, ListenSpec, Listener, Place, SocketFile},
};

/// What the desk can show and start.
pub trait Desk: Send + Sync + 'static {
    /// All metrics, in Prometheus's text format.
    fn metrics(&self) -> String;

    /// Whether messages are being judged; if not, why.
    fn health(&self) -> Result<(), String>;

    /// Loads the policy anew. What a person reads of it, and whether the new policy runs now.
    fn reload(&self) -> Answer<'_, (bool, String)>;

    /// What a help desk may know of the decisions with this reference: no addresses, no content. An
    /// error is a sentence.
    fn lookup(&self, reference: &str) -> Answer<'_, Result<Vec<serde_json::Value>, String>>;
}

/// What the desk says in its own time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Serves `/metrics`, `/healthz` and `/lookup/REFERENCE` on a TCP listener until `stop` turns true.
pub async fn serve(listener: TcpListener, desk: Arc<dyn Desk>, stop: watch::Receiver<bool>) {
    let served = axum::serve(listener, public(desk))
        .with_graceful_shutdown(stopped(stop))
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "The admin listener failed.");
    }
}

/// Serves the control socket until `stop` turns true.
pub async fn control(socket: ControlSocket, desk: Arc<dyn Desk>, stop: watch::Receiver<bool>) {
    let ControlSocket { listener, file } = socket;
    let router = public(desk.clone()).merge(
        Router::new()
            .route("/reload", post(reload))
            .with_state(desk),
    );
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            stopped(stop).await;
            // Not behind the last connection, which may stay open.
            drop(file);
        })
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "The control socket failed.");
    }
}

/// The control socket, and the guard that removes its file at the end: unless a successor has put
/// its own there by then.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    file: Option<SocketFile>,
}

/// Opens the control socket at `path`, readable and writable by its owner only, and never
/// reachable before that holds. A socket that a dead process left behind is replaced.
///
/// # Errors
/// Those of [`Listener::bind`]: another process answers there, something else stands there, or the
/// folder cannot be written.
pub fn open_control(path: &Path) -> Result<ControlSocket, ListenError> {
    let place = Place::Unix {
        path: path.to_owned(),
        mode: 0o600,
        group: None,
    };
    let wrap = |source| ListenError::Unix {
        path: path.to_owned(),
        step: "use",
        source,
    };
    let role = Role::default();
    let (listener, file) = Listener::bind(&ListenSpec {
        place,
        role,
        passes_on: false,
    })?
    .into_unix()
    .ok_or_else(|| wrap(io::ErrorKind::Unsupported.into()))?;
    Ok(ControlSocket {
        listener: UnixListener::from_std(listener).map_err(wrap)?,
        file,
    })
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn public(desk: Arc<dyn Desk>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .route("/lookup/{reference}", get(lookup))
        .route("/", get(index))
        .with_state(desk)
}

async fn index() -> &'static str {
    "gacthu\n\n/metrics  Prometheus metrics\n/healthz  200 while messages are judged\n/lookup/REFERENCE  why a message was refused: rule, clause, time, remedy\n"
}

async fn metrics(State(desk): State<Arc<dyn Desk>>) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        desk.metrics(),
    )
}

/// References are ten letters and digits; anything else is asked of no database.
const REFERENCE: usize = 10;

async fn lookup(
    State(desk): State<Arc<dyn Desk>>,
    UrlPath(text): UrlPath<String>,
) -> impl IntoResponse {
    let reference = text.trim().to_ascii_uppercase();
    let (status, body) = if reference.len() != REFERENCE
        || !reference.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        let error = "a reference has ten letters and digits; it stands at the end of the refusal";
        (
            StatusCode::BAD_REQUEST,
            serde_json::json!({ "error": error }),
        )
    } else {
        match desk.lookup(&reference).await {
            Ok(rows) if rows.is_empty() => {
                let error = "no decision has this reference (one that was made just now comes within seconds)";
                (StatusCode::NOT_FOUND, serde_json::json!({ "error": error }))
            }
            Ok(rows) => (StatusCode::OK, serde_json::json!({ "decisions": rows })),
            Err(error) => (
                StatusCode::SERVICE_UNAVAILABLE,
                serde_json::json!({ "error": error }),
            ),
        }
    };
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, format!("{body}\n"))
}

async fn health(State(desk): State<Arc<dyn Desk>>) -> impl IntoResponse {
    match desk.health() {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn reload(State(desk): State<Arc<dyn Desk>>) -> impl IntoResponse {
    let (loaded, text) = desk.reload().await;
    let status = if loaded {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    (status, text)
}
