//! `cargo xtask tidy`: the structural checks, in well under a second once built.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;

use crate::layers::LAYERS;
use crate::sources::{Finding, Severity, Source};
use crate::{arrows, sources, text_rules};

/// Where each dependency has its sentence.
const DEPENDENCIES: &str = "docs/dev/dependencies.md";

/// Runs all checks, prints what they find, and fails on errors.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = sources::root();
    let files = sources::all(&root)?;
    let mut findings = arrows::check(&arrows::metadata(&root)?);
    let paths = machine_paths(&root);
    for file in &files {
        findings.extend(text_rules::size(file));
        findings.extend(text_rules::crate_doc(file));
        findings.extend(text_rules::unfinished(file));
        findings.extend(text_rules::host_paths(file, &paths));
        if is_pure(&file.path) {
            findings.extend(text_rules::impure_calls(file));
            findings.extend(text_rules::long_functions(file));
        }
    }
    findings.extend(lints(&files));
    findings.extend(undocumented_dependencies(&files));
    findings.iter().for_each(|finding| eprintln!("{finding}"));
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        bail!("tidy found {errors} errors in {} files", files.len());
    }
    println!("tidy: {} files, no errors, {} warnings", files.len(), findings.len());
    Ok(())
}

/// Code of a pure crate; a file `…_test.rs` is a module of tests.
fn is_pure(path: &str) -> bool {
    let within = |name: &str| path.strip_prefix("crates/")?.strip_prefix(name)?.strip_prefix("/src/");
    path.ends_with(".rs")
        && !path.ends_with("_test.rs")
        && LAYERS.iter().any(|layer| layer.pure && within(layer.name).is_some())
}

/// Where this checkout and its user live. Very short paths would be found by chance.
fn machine_paths(root: &Path) -> Vec<String> {
    let home = std::env::var("HOME").ok().map(|home| format!("{}/", home.trim_end_matches('/')));
    let root = (root.components().count() > 2).then(|| root.to_string_lossy().into_owned());
    home.into_iter().filter(|home| home.len() > 2).chain(root).collect()
}

/// Every crate takes the workspace's lints.
fn lints(files: &[Source]) -> Vec<Finding> {
    let manifests = files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let without = manifests.filter(|file| !file.text.contains("[lints]\nworkspace = true"));
    without.map(|file| Finding::error(&file.path, None, "lacks [lints] workspace = true")).collect()
}

/// Every outside dependency has its sentence, and every sentence its dependency.
fn undocumented_dependencies(files: &[Source]) -> Vec<Finding> {
    let text = |path: &str| files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
    let declared = declared_dependencies(text("Cargo.toml"));
    let documented = documented_dependencies(text(DEPENDENCIES));
    let missing = declared.difference(&documented).map(|name| {
        Finding::error(DEPENDENCIES, None, format!("says nothing about {name}: add a line \"- `{name}`: why\""))
    });
    let gone = documented
        .difference(&declared)
        .map(|name| Finding::error(DEPENDENCIES, None, format!("speaks of {name}, which Cargo.toml does not name")));
    missing.chain(gone).collect()
}

fn declared_dependencies(manifest: &str) -> BTreeSet<&str> {
    let section = manifest.split("[workspace.dependencies]\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter(|line| !line.contains("path = ")).filter_map(|line| Some(line.split_once(" = ")?.0));
    names.filter(|name| !name.starts_with('#')).collect()
}

fn documented_dependencies(document: &str) -> BTreeSet<&str> {
    document.lines().filter_map(|line| Some(line.strip_prefix("- `")?.split_once('`')?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_dependencies_is_compared_both_ways() {
        let manifest = "[workspace.dependencies]\ntw-a = { path = \"a\" }\n\nserde = \"1\"\njiff = { version = \"1\" }\n\n[x]\nb = 1\n";
        let document = "# Dependencies\n- `serde`: text.\n- `gone`: text.\n";
        let files = [("Cargo.toml", manifest), (DEPENDENCIES, document)]
            .map(|(path, text)| Source { path: path.into(), text: text.into() });
        let found: Vec<String> = undocumented_dependencies(&files).into_iter().map(|finding| finding.message).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("nothing about jiff"), "{found:?}");
        assert!(found[1].contains("speaks of gone"), "{found:?}");
    }

    #[test]
    fn purity_goes_by_the_table() {
        assert!(is_pure("crates/tw-engine/src/a/b.rs"));
        assert!(!is_pure("crates/tw-engine/src/a_test.rs"));
        assert!(!is_pure("crates/tw-engine/tests/it/main.rs"));
        assert!(!is_pure("crates/tw-store/src/lib.rs"));
    }

    #[test]
    fn crates_without_the_lints_are_named() {
        let manifest = |text: &str| Source { path: "crates/a/Cargo.toml".into(), text: text.into() };
        assert!(lints(&[manifest("[lints]\nworkspace = true\n")]).is_empty());
        assert_eq!(lints(&[manifest("[package]\n")]).len(), 1);
    }
}
