//! Why a file cannot be imported, taken from the text that Python left: what kind of error, what it
//! says, and in which line of the file.

/// What a traceback tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cause {
    /// The exception's class, without its module.
    pub(super) kind: String,
    /// What it says, in one line.
    pub(super) message: String,
    /// The line of the file, if it is named.
    pub(super) line: Option<u32>,
}

impl Cause {
    /// All of it in one line.
    pub(super) fn in_a_line(&self) -> String {
        if self.kind == NO_CLASS { self.message.clone() } else { format!("{}: {}", self.kind, self.message) }
    }
}

/// What stands for the class of an error that no exception brought.
const NO_CLASS: &str = "Error";

/// Reads the text about a file whose path ends in `file`.
pub(super) fn cause(text: &str, file: &str) -> Cause {
    let lines: Vec<&str> = text.lines().collect();
    let line = lines.iter().rev().find_map(|line| place(line, file));
    let is_traceback = |line: &&str| line.starts_with("Traceback ");
    let exception = match lines.iter().any(is_traceback) || line.is_some() {
        // The last line that names a class; its message may have more lines.
        true => lines.iter().rev().find_map(|line| exception(line)),
        false => None,
    };
    let (kind, message) = exception.unwrap_or_else(|| {
        let first = lines.iter().find(|line| !line.trim().is_empty());
        (NO_CLASS, first.map_or("", |line| line.trim()))
    });
    Cause { kind: kind.to_owned(), message: message.to_owned(), line }
}

/// The line number in `  File "…/file.py", line 3, in f`, if that is the file.
fn place(line: &str, file: &str) -> Option<u32> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let is_file = path.strip_suffix(file).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'));
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok().filter(|_| is_file)
}

/// `package.KeyError: text` as class and text.
fn exception(line: &str) -> Option<(&str, &str)> {
    let (name, message) = line.split_once(':').map_or((line, ""), |(name, message)| (name, message.trim()));
    let class = name.rsplit('.').next()?;
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let begins_large = class.chars().next().is_some_and(char::is_uppercase);
    (is_name(name) && begins_large).then_some((class, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &str) -> String {
        let Cause { kind, message, line } = cause(message, "team/a.py");
        format!("{kind} | {message} | {line:?}")
    }

    #[test]
    fn the_last_place_in_the_file_and_the_last_exception_count() {
        let traceback = "Traceback (most recent call last):\n  File \"/dags/team/a.py\", line 3, in <module>\n    f()\n  \
            File \"/dags/team/a.py\", line 12, in f\n    import b\n  File \"/dags/b.py\", line 99, in <module>\n\
            pkg.mod.MissingError: no <b>b</b>: really\nwith more\n";
        assert_eq!(text(traceback), "MissingError | no <b>b</b>: really | Some(12)");
        let syntax = "  File \"/dags/team/a.py\", line 7\n    def f(\n         ^\nSyntaxError: '(' was never closed";
        assert_eq!(text(syntax), "SyntaxError | '(' was never closed | Some(7)");
        let other_file =
            "Traceback (most recent call last):\n  File \"/dags/xteam/a.py\", line 7, in f\nKeyboardInterrupt";
        assert_eq!(text(other_file), "KeyboardInterrupt |  | None");
    }

    #[test]
    fn other_texts_are_taken_as_they_are() {
        assert_eq!(text("\nThe file took longer than 30 s\nmore"), "Error | The file took longer than 30 s | None");
        assert_eq!(text(""), "Error |  | None");
    }
}
