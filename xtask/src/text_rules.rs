//! Rules that a plain scan of the text can check. Formatting by rustfmt is what makes it reliable.

use crate::sources::{Finding, Source};

/// Lines of a file above which a warning is given.
const FILE_LINES_WARN: usize = 600;
/// Lines of a file above which the check fails.
const FILE_LINES_MAX: usize = 900;
/// Lines of a function in a pure crate above which the check fails.
const FUNCTION_LINES_MAX: usize = 70;

/// Files that people write.
const CODE: &[&str] = &["rs", "py", "ts", "tsx", "css", "sh", "sql"];

/// Files that nobody writes, whatever their length.
const GENERATED: &[&str] = &["ui/src/api/schema.ts"];

/// Calls that a pure crate must not make, and what to do instead.
const IMPURE_CALLS: &[(&str, &str)] = &[
    ("Instant::now", "take the time as an argument"),
    ("std::time::Instant", "take the time as an argument"),
    ("SystemTime", "take the time as an argument"),
    ("Timestamp::now", "take the time as an argument"),
    ("Zoned::now", "take the time as an argument"),
    ("std::env", "take the value as an argument"),
    ("std::fs", "take the text as an argument"),
    ("std::net", "leave it to a shell"),
    ("std::process", "leave it to a shell"),
    ("std::thread", "leave it to a shell"),
    ("tokio", "leave it to a shell"),
    ("rand::", "take the seed as an argument"),
    ("Uuid::now_v7", "take the id as an argument"),
    ("Uuid::new_v4", "take the id as an argument"),
    ("HashMap", "its order is random: use BTreeMap"),
    ("HashSet", "its order is random: use BTreeSet"),
    ("RandomState", "its order is random"),
];

/// Modules of std that may hide in a grouped `use std::{…}`.
const IMPURE_MODULES: &[&str] = &["env", "fs", "net", "process", "thread"];

/// Headings of the doc of a library crate.
const CRATE_HEADINGS: &[&str] = &["# What it is", "# What it must not know", "# How to read it", "# How to test it"];

/// Checks a file's size.
pub(crate) fn size(source: &Source) -> Option<Finding> {
    if !CODE.contains(&extension(&source.path)) || GENERATED.contains(&source.path.as_str()) {
        return None;
    }
    match source.text.lines().count() {
        lines if lines > FILE_LINES_MAX => Some(Finding::error(
            &source.path,
            None,
            format!("{lines} lines, at most {FILE_LINES_MAX}: split it by topic"),
        )),
        lines if lines > FILE_LINES_WARN => Some(Finding::warning(&source.path, None, format!("{lines} lines"))),
        _ => None,
    }
}

/// Finds calls that a pure crate must not make. Tests at the end of the file may.
pub(crate) fn impure_calls(source: &Source) -> Vec<Finding> {
    let finding = |line: usize, word: &str, remedy: &str| {
        Finding::error(&source.path, Some(line), format!("{word} in a pure crate: {remedy}"))
    };
    let mut findings = Vec::new();
    for (line, code) in code_lines(&source.text) {
        let calls = IMPURE_CALLS.iter().filter(|(word, _)| has_word(code, word));
        findings.extend(calls.map(|(word, remedy)| finding(line, word, remedy)));
        if let Some(group) = code.trim_start().strip_prefix("use std::{") {
            let modules = IMPURE_MODULES.iter().filter(|module| has_word(group, module));
            findings.extend(modules.map(|module| finding(line, module, "leave it to a shell")));
        }
    }
    findings
}

/// Finds functions that are too long. A function ends at the brace that stands where it began.
pub(crate) fn long_functions(source: &Source) -> Vec<Finding> {
    let lines: Vec<(usize, &str)> = code_lines(&source.text).collect();
    let mut findings = Vec::new();
    for (index, (line, code)) in lines.iter().enumerate() {
        let indent = &code[..code.len() - code.trim_start().len()];
        if !starts_function(code.trim_start()) {
            continue;
        }
        let end = format!("{indent}}}");
        let Some((last, _)) = lines[index..].iter().find(|(_, code)| *code == end) else { continue };
        let length = last - line + 1;
        if length > FUNCTION_LINES_MAX {
            let message = format!("a function of {length} lines, at most {FUNCTION_LINES_MAX}: push loops down");
            findings.push(Finding::error(&source.path, Some(*line), message));
        }
    }
    findings
}

/// Checks that a crate says what it is.
pub(crate) fn crate_doc(source: &Source) -> Vec<Finding> {
    let Some((_, file)) = source.path.rsplit_once("/src/") else { return Vec::new() };
    if !matches!(file, "lib.rs" | "main.rs") {
        return Vec::new();
    }
    if !source.text.starts_with("//! ") {
        return vec![Finding::error(&source.path, Some(1), "a crate begins with its doc, //!")];
    }
    let missing = CRATE_HEADINGS.iter().filter(|heading| file == "lib.rs" && !source.text.contains(*heading));
    missing.map(|heading| Finding::error(&source.path, None, format!("the crate's doc lacks \"{heading}\""))).collect()
}

/// Finds marks of unfinished work.
pub(crate) fn unfinished(source: &Source) -> Vec<Finding> {
    // Put together here, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("HA", "CK")];
    if !CODE.contains(&extension(&source.path)) {
        return Vec::new();
    }
    lines_with(source, |text| marks.iter().any(|mark| has_word(text, mark)), "unfinished: do it, or write an issue")
}

/// Finds paths of the machine the file was written on.
pub(crate) fn host_paths(source: &Source, paths: &[String]) -> Vec<Finding> {
    let here = |text: &str| paths.iter().any(|path| text.contains(path.as_str()));
    lines_with(source, here, "a path of this machine")
}

fn lines_with(source: &Source, found: impl Fn(&str) -> bool, message: &str) -> Vec<Finding> {
    let lines = source.text.lines().enumerate().filter(|(_, text)| found(text));
    lines.map(|(index, _)| Finding::error(&source.path, Some(index + 1), message)).collect()
}

/// Lines of code before the tests, numbered from 1; comments are left out.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let numbered = code.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn starts_function(code: &str) -> bool {
    let mut words = code.split_whitespace().take_while(|word| !word.contains('(') || word.starts_with("pub("));
    words.all(|word| matches!(word, "async" | "const" | "pub" | "fn") || word.starts_with("pub("))
        && has_word(code, "fn")
}

/// Whether `word` stands in `text` on its own: not within a longer name.
fn has_word(text: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let open_end = word.ends_with(':') || !text[at + word.len()..].starts_with(part_of_name);
        open_end && !text[..at].ends_with(part_of_name)
    })
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    fn shown(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn impure_calls_are_found_where_they_stand() {
        let text = "use std::collections::BTreeMap;\nuse std::{fmt, fs};\n// HashMap in words\nlet a = HashMap::new();\n\
                    let MyHashMap = 1; // fine\nrand::random();\noperand::x();\n#[cfg(test)]\nmod tests { use std::env; }\n";
        let found = shown(&impure_calls(&source("a.rs", text)));
        assert_eq!(
            found,
            [
                "error: a.rs:2: fs in a pure crate: leave it to a shell",
                "error: a.rs:4: HashMap in a pure crate: its order is random: use BTreeMap",
                "error: a.rs:6: rand:: in a pure crate: take the seed as an argument",
            ]
        );
    }

    #[test]
    fn files_warn_and_then_fail() {
        let file = |lines: usize| source("a.rs", &"x\n".repeat(lines));
        assert_eq!(size(&file(600)), None);
        assert!(size(&file(601)).unwrap().to_string().starts_with("warning"));
        assert!(size(&file(901)).unwrap().to_string().starts_with("error"));
        assert_eq!(size(&source("a.lock", &"x\n".repeat(901))), None);
        assert_eq!(size(&source(GENERATED[0], &"x\n".repeat(901))), None);
    }

    #[test]
    fn functions_are_measured_from_brace_to_brace() {
        let function = |head: &str, lines: usize| format!("    {head} {{\n{}    }}\n", "        x;\n".repeat(lines));
        let long = function("pub(crate) async fn long(a: u8)", 69);
        let text = format!("impl A {{\n{}{long}}}\n", function("fn short()", 68));
        let found = shown(&long_functions(&source("a.rs", &text)));
        assert_eq!(found, ["error: a.rs:72: a function of 71 lines, at most 70: push loops down"]);
        assert!(!starts_function("let f = fn_name(1);"));
        assert!(!starts_function("let call = |f: fn(u8)| {"));
    }

    #[test]
    fn crates_say_what_they_are() {
        let doc = |text: &str| shown(&crate_doc(&source("crates/a/src/lib.rs", text))).len();
        assert_eq!(
            doc(
                "//! A.\n//!\n//! # What it is\n//! # What it must not know\n//! # How to read it\n//! # How to test it\n"
            ),
            0
        );
        assert_eq!(doc("//! A.\n"), 4);
        assert_eq!(doc("mod a;\n"), 1);
        assert!(crate_doc(&source("crates/a/src/b.rs", "mod a;")).is_empty());
    }

    #[test]
    fn marks_and_paths_of_the_machine_are_found() {
        let text = format!("ok\n# {}: later\nmktemp abc{}\n", concat!("TO", "DO"), "X".repeat(6));
        assert_eq!(shown(&unfinished(&source("a.py", &text))), ["error: a.py:2: unfinished: do it, or write an issue"]);
        let text = "a\nb = '/srv/here/x'\n";
        assert_eq!(host_paths(&source("a.md", text), &["/srv/here".into()])[0].line, Some(2));
    }
}
