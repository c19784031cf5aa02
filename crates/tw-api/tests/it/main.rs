//! The API over real HTTP, a real store and a scripted scheduler. Every test of answers runs on
//! SQLite and on PostgreSQL and must agree with the same snapshots.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod acting;
mod acting_in_bulk;
mod connection_tests;
mod description;
mod events;
mod explanations;
mod following;
mod gate;
mod log_blocks;
mod logs;
mod personal;
mod reading;
mod screens;
mod server;
mod sessions;
mod world;
mod writing;

/// Declares tests that run on both databases.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($server:ident: Server) $body:block)+) => {
        $($(#[$doc])*
        mod $name {
            use super::*;

            async fn check($server: Server) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(Server::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check(Server::on_postgres().await).await;
            }
        })+
    };
}
pub(crate) use on_both;
