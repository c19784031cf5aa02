//! What a server keeps in its home folder besides the database: a lock, keys, the first password.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use tw_api::{Secret, hash_password};
use tw_model::Timestamp;
use tw_store::{Account, Role, Store};

/// Name of the first administrator.
pub(crate) const ADMIN: &str = "admin";
const LOCK: &str = "server.lock";
const FERNET_KEY: &str = "fernet-key";
const TOKEN_SECRET: &str = "token-secret";
const ADMIN_PASSWORD: &str = "admin-password";
/// Characters of a generated password: 20 letters and digits hold over 100 bits.
const PASSWORD_CHARS: usize = 20;

/// Makes the home folder and takes it for this process, so that no two servers share one.
pub(crate) fn take(home: &Path) -> anyhow::Result<File> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true).mode(0o700);
    folder
        .create(home)
        .with_context(|| format!("cannot create the home folder {}; choose another with --home", home.display()))?;
    let path = home.join(LOCK);
    let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let lock = lock.with_context(|| format!("cannot write to the home folder {}", home.display()))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!("another server already uses {}; stop it, or choose another folder with --home", home.display());
    }
    Ok(lock)
}

/// A small secret file: read it, or make it with `fresh` and mode 0600.
fn secret(path: &Path, fresh: impl FnOnce() -> String) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let text = fresh();
    write_secret(path, &text)?;
    Ok(text)
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let draft = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The key that encrypts connections and variables: the configured one, or one kept here.
pub(crate) fn fernet_key(home: &Path, configured: Option<&str>) -> anyhow::Result<String> {
    match configured {
        Some(key) => Ok(key.to_owned()),
        None => secret(&home.join(FERNET_KEY), fernet::Fernet::generate_key),
    }
}

/// The secret that signs tokens.
pub(crate) fn token_secret(home: &Path) -> anyhow::Result<Secret> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let text = secret(&home.join(TOKEN_SECRET), || hex(&Secret::generate()))?;
    Secret::new(text.into_bytes()).with_context(|| format!("{TOKEN_SECRET} is damaged; delete it to get a new one"))
}

/// What happened to the first administrator's password at this start.
pub(crate) enum FirstPassword {
    /// There was an administrator already.
    Known,
    /// It was taken from the configuration.
    Configured,
    /// It was made, and is in this file.
    Generated(String),
}

/// Makes sure that there is an administrator.
pub(crate) async fn first_admin(
    store: &Store,
    home: &Path,
    configured: Option<&str>,
    now: Timestamp,
) -> anyhow::Result<(Account, FirstPassword)> {
    if let Some(account) = store.account_get(ADMIN).await? {
        return Ok((account, FirstPassword::Known));
    }
    let (password, origin) = match configured {
        Some(password) => (password.to_owned(), FirstPassword::Configured),
        None => {
            let password = generate_password();
            write_secret(&home.join(ADMIN_PASSWORD), &password)?;
            (password.clone(), FirstPassword::Generated(password))
        }
    };
    let account = Account {
        name: ADMIN.to_owned(),
        password_hash: hash_password(&password)?,
        role: Role::Admin,
        created_at: now,
    };
    store.account_create(&account).await?;
    Ok((account, origin))
}

fn generate_password() -> String {
    use rand::Rng as _;
    use rand::distr::Alphanumeric;
    rand::rng().sample_iter(Alphanumeric).take(PASSWORD_CHARS).map(char::from).collect()
}
