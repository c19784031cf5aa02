//! Checks the dependencies of every crate against [`crate::layers`].

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::layers::{COMPOSER, IMPURE, LAYERS, TEST_ONLY, of};
use crate::sources::Finding;

/// One `[dependencies]` line.
pub(crate) struct Arrow<'a> {
    /// The crate that uses.
    pub(crate) from: &'a str,
    /// The crate that is used.
    pub(crate) to: &'a str,
    /// Whether only tests use it.
    pub(crate) test: bool,
    /// Whether it is a crate of this workspace.
    pub(crate) inside: bool,
}

/// What cargo knows of the workspace, without asking a registry.
pub(crate) fn metadata(root: &std::path::Path) -> anyhow::Result<Metadata> {
    Ok(MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?)
}

/// Checks every arrow of the workspace.
pub(crate) fn check(metadata: &Metadata) -> Vec<Finding> {
    let names: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let missing = names.iter().filter(|name| **name != COMPOSER && of(name).is_none());
    let mut findings: Vec<Finding> =
        missing.map(|name| Finding::error(name, None, "not in xtask/src/layers.rs")).collect();
    let gone = LAYERS.iter().filter(|layer| !names.contains(&layer.name));
    findings
        .extend(gone.map(|layer| Finding::error(layer.name, None, "in xtask/src/layers.rs but not in the workspace")));
    findings.extend(metadata.packages.iter().flat_map(arrows_of).filter_map(|arrow| forbidden(&arrow)));
    findings
}

fn arrows_of(package: &Package) -> impl Iterator<Item = Arrow<'_>> {
    package.dependencies.iter().map(|dependency| Arrow {
        from: package.name.as_str(),
        to: &dependency.name,
        test: dependency.kind == DependencyKind::Development,
        inside: dependency.path.is_some(),
    })
}

fn forbidden(arrow: &Arrow<'_>) -> Option<Finding> {
    let Arrow { from, to, test, inside } = *arrow;
    let layer = of(from)?;
    let fault = match inside {
        true if to == COMPOSER => "nothing may use the composer",
        true if TEST_ONLY.contains(&to) && !test && !TEST_ONLY.contains(&from) => "only tests may use it",
        true if !test && !layer.may_use.contains(&to) => "this arrow is not in xtask/src/layers.rs",
        false if layer.pure && !test && IMPURE.contains(&to) => "a pure crate must not know it",
        _ => return None,
    };
    Some(Finding::error(from, None, format!("uses {to}: {fault}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(from: &str, to: &str, test: bool) -> Option<String> {
        let inside = to == COMPOSER || of(to).is_some();
        forbidden(&Arrow { from, to, test, inside }).map(|finding| finding.message)
    }

    #[test]
    fn arrows_of_the_table_are_free() {
        assert_eq!(fault("tw-engine", "tw-timetable", false), None);
        assert_eq!(fault("tw-engine", "tw-testkit", true), None);
        assert_eq!(fault("tw-engine", "serde", false), None);
        assert_eq!(fault("tradewind", "tw-api", false), None);
    }

    #[test]
    fn others_are_not() {
        assert_eq!(
            fault("tw-supervisor", "tw-store", false).unwrap(),
            "uses tw-store: this arrow is not in xtask/src/layers.rs"
        );
        assert_eq!(fault("tw-engine", "tokio", false).unwrap(), "uses tokio: a pure crate must not know it");
        assert_eq!(fault("tw-api", "tw-testkit", false).unwrap(), "uses tw-testkit: only tests may use it");
        assert_eq!(fault("tw-api", "tradewind", true).unwrap(), "uses tradewind: nothing may use the composer");
    }

    #[test]
    fn the_table_points_downwards_only() {
        for (index, layer) in LAYERS.iter().enumerate() {
            for used in layer.may_use {
                let below = LAYERS[..index].iter().any(|lower| lower.name == *used);
                assert!(below, "{} uses {used}, which stands above it", layer.name);
            }
        }
    }

    #[test]
    fn pure_crates_use_pure_crates() {
        for layer in LAYERS.iter().filter(|layer| layer.pure) {
            assert!(layer.may_use.iter().all(|used| of(used).unwrap().pure), "{}", layer.name);
        }
    }
}
