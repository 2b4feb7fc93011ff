//! HTTP for operators: `/metrics` and `/healthz` on a TCP address; these and `POST /reload` on the
//! control socket, which only its owner can open.
//!
//! Knows nothing of how anything is decided: what it shows and what it starts is handed to it as
//! [`Desk`].

use std::{future::Future, io, path::Path, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

/// What the desk can show and start.
pub trait Desk: Send + Sync + 'static {
    /// All metrics, in Prometheus's text format.
    fn metrics(&self) -> String;

    /// Whether messages are being judged; if not, why.
    fn health(&self) -> Result<(), String>;

    /// Loads the policy anew. What a person reads of it, and whether the new policy runs now.
    fn reload(&self) -> Pin<Box<dyn Future<Output = (bool, String)> + Send + '_>>;
}

/// Serves `/metrics` and `/healthz` on a TCP listener until `stop` turns true.
pub async fn serve(listener: TcpListener, desk: Arc<dyn Desk>, stop: watch::Receiver<bool>) {
    let served = axum::serve(listener, public(desk))
        .with_graceful_shutdown(stopped(stop))
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "The admin listener failed.");
    }
}

/// Serves the control socket until `stop` turns true.
pub async fn control(listener: UnixListener, desk: Arc<dyn Desk>, stop: watch::Receiver<bool>) {
    let router = public(desk.clone()).merge(
        Router::new()
            .route("/reload", post(reload))
            .with_state(desk),
    );
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stopped(stop))
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "The control socket failed.");
    }
}

/// Opens the control socket at `path`, readable and writable by its owner only. A socket that a
/// dead process left behind is replaced; one that answers is an error.
pub fn open_control(path: &Path) -> io::Result<UnixListener> {
    use std::os::unix::{fs::FileTypeExt, fs::PermissionsExt, net::UnixStream};

    if let Ok(found) = path.symlink_metadata() {
        if !found.file_type().is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "something that is not a socket stands there",
            ));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another gacthu answers there",
            ));
        }
        std::fs::remove_file(path)?;
    }
    // Bound under a private name first, so that nobody can connect before the mode is set.
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let listener = UnixListener::bind(&fresh)?;
    std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&fresh, path)?;
    Ok(listener)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn public(desk: Arc<dyn Desk>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .route("/", get(index))
        .with_state(desk)
}

async fn index() -> &'static str {
    "gacthu\n\n/metrics  Prometheus metrics\n/healthz  200 while messages are judged\n"
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
