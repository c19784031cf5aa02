#!/bin/sh
# Finds what has to be there before cargo can do anything. `prepare.sh run` or `prepare.sh test`.
# As root on Debian missing packages are installed; otherwise they are named.
set -eu

missing=""
need() { # need <package> <command that succeeds when it is there>
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_postgresql() { ls /usr/lib/postgresql/*/bin/initdb; }

need gcc sh -c 'command -v cc'
need libc6-dev test -e /usr/include/stdlib.h
need git git --version
need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
command -v uv >/dev/null 2>&1 || need python3-venv python3 -c 'import ensurepip'
if [ "${1:-}" = test ]; then
    need postgresql has_postgresql
    need nodejs node --version
    need npm npm --version
    need chromium chromium --version
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing:$missing" >&2
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >&2
        # shellcheck disable=SC2086 # a list of words
        apt-get install -y -qq --no-install-recommends $missing >&2
    else
        echo "missing Debian packages:$missing" >&2
        echo "install them with: sudo apt-get install$missing" >&2
        exit 1
    fi
fi

if ! cargo --version >/dev/null 2>&1; then
    echo "cargo does not work here: install Rust from https://rustup.rs, or set RUSTUP_HOME if it lies in another home" >&2
    exit 1
fi
