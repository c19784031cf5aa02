//! A throw-away PostgreSQL server per test binary, a database per test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where Debian's packages put the server, one folder per major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// What runs beside the tests: start, say so, wait until the other end of standard input is gone,
/// stop, tidy up. The other end goes with the test process, however that ends, so nothing stays
/// behind after a panic or a kill. Durability is off: the data dies with the tests.
const KEEPER: &str = r#"
"$BIN/initdb" -D "$DIR/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$DIR/log" 2>&1 &&
"$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/log" -w -o "-p $PORT -k $DIR -c listen_addresses=127.0.0.1 \
-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=300" start >>"$DIR/log" 2>&1 &&
echo ready
cat >/dev/null
"$BIN/pg_ctl" -D "$DIR/data" -m immediate stop >/dev/null 2>&1
rm -rf "$DIR"
"#;

/// An empty database for one test, as a `postgresql://` URL. The first call starts the server.
///
/// # Panics
/// If there is no PostgreSQL on this machine, or it does not start: a test that needs it must fail,
/// not pass without having tested anything.
pub fn postgres() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    server.create_database(&name);
    format!("postgresql://postgres@127.0.0.1:{}/{name}", server.port)
}

struct Server {
    bin: PathBuf,
    port: u16,
    /// Holds the keeper's standard input open.
    _keeper: Child,
}

impl Server {
    fn start() -> Self {
        let bin = newest_server();
        let dir = tempfile::Builder::new().prefix("tradewind-postgres-").tempdir().expect("a temporary folder").keep();
        let port = free_port();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER]).env("BIN", &bin).env("DIR", &dir).env("PORT", port.to_string());
        keeper.current_dir(&dir).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        if let Some((user, group)) = other_user() {
            chown(&dir, Some(user), Some(group)).expect("root may give a folder away");
            keeper.uid(user).gid(group);
        }
        let mut keeper = keeper.spawn().expect("a shell");
        let mut line = String::new();
        let said = BufReader::new(keeper.stdout.take().expect("it is piped")).read_line(&mut line);
        if said.is_err() || line.trim() != "ready" {
            let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
            panic!("PostgreSQL in {} did not start:\n{log}", bin.display());
        }
        Self { bin, port, _keeper: keeper }
    }

    fn create_database(&self, name: &str) {
        let mut create = Command::new(self.bin.join("createdb"));
        create.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), name]);
        let output = create.output().expect("createdb stands beside the server");
        assert!(output.status.success(), "createdb: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The folder with the programs of the newest installed version.
fn newest_server() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let bins = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let number = |bin: &PathBuf| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok();
    bins.max_by_key(number).unwrap_or_else(|| {
        panic!("no PostgreSQL server in {VERSIONS}: install Debian's package `postgresql` (apt install postgresql)")
    })
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// The user and group to run as when this process is root, which PostgreSQL refuses to be.
fn other_user() -> Option<(u32, u32)> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("a list of users");
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut postgres = fields.filter(|f| f.len() > 3 && f[0] == "postgres");
    let found = postgres.next().and_then(|f| Some((f[2].parse().ok()?, f[3].parse().ok()?)));
    Some(found.expect("Debian's package `postgresql` makes the user `postgres`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_gives_another_empty_database() {
        let (one, two) = (postgres(), postgres());
        assert_ne!(one, two);
        let psql = |url: &str, text: &str| {
            let output = Command::new(newest_server().join("psql")).args([url, "-tAc", text]).output().unwrap();
            (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        assert!(psql(&one, "CREATE TABLE t (a BIGINT)").0);
        assert!(!psql(&two, "SELECT * FROM t").0, "databases are apart");
        assert_eq!(psql(&two, "SHOW server_encoding").1, "UTF8");
    }
}
