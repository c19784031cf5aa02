//! `.airflowignore`: which paths below a bundle are no DAG files (S-12.9).
//!
//! A file's patterns apply to its folder and everything below. Text from the first `#` on a line
//! is a comment, even inside a pattern. An invalid pattern is left out with a warning.

use std::path::Path;
use std::rc::Rc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use regex::Regex;

use crate::options::IgnoreSyntax;

/// The name of the files that hold the patterns.
pub(crate) const IGNORE_FILE: &str = ".airflowignore";

/// The patterns that apply in one folder: its own, then those of the folders above.
#[derive(Clone, Debug)]
pub(crate) struct Rules(Option<Rc<Layer>>);

#[derive(Debug)]
struct Layer {
    patterns: Patterns,
    above: Rules,
}

#[derive(Debug)]
enum Patterns {
    Glob(Gitignore),
    Regexp(Vec<Regex>),
}

impl Rules {
    /// No patterns.
    pub(crate) const NONE: Rules = Rules(None);

    /// These rules and, before them, those of a folder's own ignore file with this text.
    pub(crate) fn below(&self, folder: &Path, text: &str, syntax: IgnoreSyntax) -> Rules {
        let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(pattern, _)| pattern.trim_end()));
        let lines = lines.filter(|line| !line.is_empty());
        let patterns = match syntax {
            IgnoreSyntax::Glob => globs(folder, lines),
            IgnoreSyntax::Regexp => Patterns::Regexp(lines.filter_map(|line| expression(folder, line)).collect()),
        };
        Rules(Some(Rc::new(Layer { patterns, above: self.clone() })))
    }

    /// Whether a path is left out. With globs the nearest folder's last matching pattern decides;
    /// with expressions any match does. A folder that is left out takes its content with it, so
    /// ask for folders first.
    pub(crate) fn exclude(&self, path: &Path, relative: &str, is_dir: bool) -> bool {
        let mut rules = self;
        while let Some(layer) = &rules.0 {
            match &layer.patterns {
                Patterns::Glob(globs) => match globs.matched(path, is_dir) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                },
                Patterns::Regexp(expressions) => {
                    if expressions.iter().any(|expression| expression.is_match(relative)) {
                        return true;
                    }
                }
            }
            rules = &layer.above;
        }
        false
    }
}

fn globs<'a>(folder: &Path, lines: impl Iterator<Item = &'a str>) -> Patterns {
    let mut builder = GitignoreBuilder::new(folder);
    for line in lines {
        if let Err(error) = builder.add_line(None, line) {
            warn_invalid(folder, line, &error);
        }
    }
    Patterns::Glob(builder.build().unwrap_or_else(|error| {
        warn_invalid(folder, "(all)", &error);
        Gitignore::empty()
    }))
}

fn expression(folder: &Path, line: &str) -> Option<Regex> {
    Regex::new(line).inspect_err(|error| warn_invalid(folder, line, error)).ok()
}

fn warn_invalid(folder: &Path, line: &str, error: &dyn std::error::Error) {
    tracing::warn!(folder = %folder.display(), pattern = line, %error, "invalid pattern in {IGNORE_FILE} is left out");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(rules: &Rules, relative: &str) -> bool {
        // As the walk does: folders first.
        let root = Path::new("/b");
        let parts: Vec<&str> = relative.split('/').collect();
        (1..=parts.len()).any(|n| {
            let part = parts[..n].join("/");
            rules.exclude(&root.join(&part), &part, n < parts.len())
        })
    }

    #[test]
    fn globs_follow_gitignore() {
        let text = "old_*.py\n/top.py\nsub/one.py\nvendor/\n*.bak # comment\n!old_but_good.py\n[\n";
        let rules = Rules::NONE.below(Path::new("/b"), text, IgnoreSyntax::Glob);
        for path in ["old_a.py", "deep/old_a.py", "top.py", "sub/one.py", "vendor/x.py", "a/vendor/x.py", "x.bak"] {
            assert!(excluded(&rules, path), "{path}");
        }
        for path in ["deep/top.py", "a/sub/one.py", "old_but_good.py", "new.py"] {
            assert!(!excluded(&rules, path), "{path}");
        }
    }

    #[test]
    fn the_nearest_file_decides() {
        let root = Rules::NONE.below(Path::new("/b"), "*.py\n", IgnoreSyntax::Glob);
        let inner = root.below(Path::new("/b/in"), "!keep.py\n", IgnoreSyntax::Glob);
        assert!(inner.exclude(Path::new("/b/in/other.py"), "in/other.py", false));
        assert!(!inner.exclude(Path::new("/b/in/keep.py"), "in/keep.py", false));
    }

    #[test]
    fn expressions_are_searched_in_the_path_below_the_bundle() {
        let text = "skip_me\n^top\\.py$\n(\n# only a comment\n";
        let rules = Rules::NONE.below(Path::new("/b"), text, IgnoreSyntax::Regexp);
        assert!(excluded(&rules, "a/xskip_mey/z.py") && excluded(&rules, "top.py"));
        assert!(!excluded(&rules, "a/top.py"));
    }
}
