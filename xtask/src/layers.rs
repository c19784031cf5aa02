//! The layers of the workspace: which crate may use which. Adding an arrow is one word here, which a
//! reviewer cannot miss. The reasons stand in ARCHITECTURE.md.

/// A crate and the crates of this workspace that it may use.
pub(crate) struct Layer {
    /// Name.
    pub(crate) name: &'static str,
    /// Normal and build dependencies. Tests may also use [`TEST_ONLY`].
    pub(crate) may_use: &'static [&'static str],
    /// Words and pure crates: no clock, environment, filesystem, randomness or async runtime.
    pub(crate) pure: bool,
}

const fn pure(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use, pure: true }
}

const fn shell(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use, pure: false }
}

/// May use everything; nothing may use it.
pub(crate) const COMPOSER: &str = "tradewind";

/// Crates that only tests may use.
pub(crate) const TEST_ONLY: &[&str] = &["tw-testkit", "tw-sim"];

/// Every crate but the composer, lower layers first.
pub(crate) const LAYERS: &[Layer] = &[
    pure("tw-model", &[]),
    pure("tw-timetable", &["tw-model"]),
    pure("tw-engine", &["tw-model", "tw-timetable"]),
    pure("tw-wire", &["tw-model"]),
    pure("tw-config", &["tw-model"]),
    shell("tw-telemetry", &["tw-model"]),
    shell("tw-store", &["tw-model", "tw-engine"]),
    shell("tw-tasklog", &["tw-model"]),
    shell("tw-python", &["tw-model", "tw-wire"]),
    shell("tw-executor", &["tw-model"]),
    shell("tw-supervisor", &["tw-model", "tw-wire", "tw-python", "tw-tasklog"]),
    shell("tw-dagsource", &["tw-model", "tw-engine", "tw-wire", "tw-python", "tw-store"]),
    shell("tw-scheduler", &["tw-model", "tw-engine", "tw-store", "tw-executor"]),
    shell("tw-api", &["tw-model", "tw-engine", "tw-store", "tw-tasklog"]),
    shell("tw-webui", &[]),
    shell("tw-testkit", &["tw-model"]),
    shell(
        "tw-sim",
        &["tw-model", "tw-timetable", "tw-engine", "tw-store", "tw-scheduler", "tw-executor", "tw-testkit"],
    ),
    shell("xtask", &[]),
];

/// Outside crates that a pure crate must not use, tests included where they would bring in a clock,
/// a runtime, a database or randomness of the operating system.
pub(crate) const IMPURE: &[&str] = &[
    "async-trait",
    "axum",
    "futures-util",
    "hyper",
    "notify",
    "rand",
    "reqwest",
    "rusqlite",
    "rustix",
    "tokio",
    "tokio-postgres",
    "tokio-util",
    "tower",
    "tower-http",
    "tracing",
    "tracing-subscriber",
    "ureq",
];

/// The layer of a crate.
pub(crate) fn of(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}
