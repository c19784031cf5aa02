//! The tradewind binary: command line and composition root.

mod cli;
mod compose;
mod standalone;

fn main() -> std::process::ExitCode {
    share_one_heap();
    cli::main()
}

/// glibc gives each thread a heap of its own and keeps what a burst took there. Measured after the
/// benchmark: 29 MB with one heap for all, 47 MB without.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "glibc offers its settings as a C function only")]
fn share_one_heap() {
    // SAFETY: mallopt only sets a number, and no other thread exists yet.
    let set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    debug_assert_eq!(set, 1, "glibc knows M_ARENA_MAX");
}

#[cfg(not(target_env = "gnu"))]
fn share_one_heap() {}
