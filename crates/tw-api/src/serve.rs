//! Serving the routes on a listener until told to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests may go on after the token is cancelled; then their connections are dropped.
const GRACE: Duration = Duration::from_secs(10);

/// Told to handlers whose answers go on for as long as the server runs.
#[derive(Clone)]
pub(crate) struct Stopping(pub(crate) CancellationToken);

/// Serves until `stop` is cancelled, then lets the requests under way end.
///
/// # Errors
/// The listener fails.
///
/// # Cancel safety
/// Dropping the future stops accepting at once; connections that are open go on until they end.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    let router = router.layer(Extension(Stopping(stop.clone())));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopped.cancelled_owned());
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = serving.into_future() => result,
        () = too_late => {
            tracing::warn!(grace_secs = GRACE.as_secs(), "requests were still going on when the time to stop was over");
            Ok(())
        }
    }
}
