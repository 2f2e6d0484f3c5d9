#!/usr/bin/env bash
# Runs a command against a throwaway Postgres server:   sql/with-postgres.sh cargo nextest run -p dbx-sql
#
# The server listens on a unix socket in a temporary directory and on a free loopback port. The command finds it in
# DBX_TEST_DATABASE_URL. Both are gone afterwards; the exit code is the command's.
#   DBX_TEST_DURABLE=1    fsync stays on, as in production (for benchmarks)
#   DBX_POSTGRES_DIR=DIR  a Postgres installation to use when the system has none
set -euo pipefail

fail() { echo "with-postgres: $1" >&2; exit 125; }
[ $# -gt 0 ] || fail "give the command to run, e.g. sql/with-postgres.sh cargo nextest run -p dbx-sql"

clone="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

find_bin() {
    local dir path
    dir="$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)"
    path="$(command -v pg_ctl 2>/dev/null || true)"
    for dir in "$dir" "${path:+$(dirname "$path")}" "${DBX_POSTGRES_DIR:+$DBX_POSTGRES_DIR/bin}" \
        "$clone"/.dbx/postgres/{17,16,18}/bin; do
        if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then echo "$dir"; return; fi
    done
    return 1
}
bin="$(find_bin)" || fail "no Postgres found; install one (apt-get install postgresql) or set DBX_POSTGRES_DIR"

# Postgres refuses to run as root; become the user that its package made, or nobody.
as=()
if [ "$(id -u)" = 0 ]; then
    user=nobody
    if id postgres >/dev/null 2>&1; then user=postgres; fi
    as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME=/tmp)
fi

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 20000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
    done
    return 1
}

dir="$(mktemp -d /tmp/dbx-postgres.XXXXXX)"
server='' command=''
stop() {
    trap - EXIT INT TERM HUP
    [ -z "$command" ] || kill "$command" 2>/dev/null || true
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true # fast shutdown
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$dir"
}
trap stop EXIT
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM HUP
[ "$(id -u)" != 0 ] || chown "$user" "$dir"

"${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale >"$dir/log" 2>&1 \
    || { cat "$dir/log" >&2; fail "initdb of $bin failed, see above"; }

options=(-c max_connections=300)
if [ "${DBX_TEST_DURABLE:-0}" != 1 ]; then
    options+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
fi
ready() { "${as[@]}" "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1 && grep -q ready "$dir/data/postmaster.pid"; }

# Another process may take the port between the look and the bind: then try the next one.
for _ in 1 2 3 4 5; do
    port="$(free_port)" || fail "no free loopback port found between 20000 and 39999"
    "${as[@]}" "$bin/postgres" -D "$dir/data" -k "$dir" -p "$port" -c listen_addresses=127.0.0.1 "${options[@]}" \
        >"$dir/log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if ! kill -0 "$server" 2>/dev/null; then wait "$server" 2>/dev/null || true; server=''; break; fi
        if ready; then break 2; fi
        sleep 0.1
    done
    [ -z "$server" ] || break
done
if [ -z "$server" ]; then cat "$dir/log" >&2; fail "Postgres of $bin did not start, see above"; fi

export DBX_TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
export DBX_TEST_SOCKET_DIR="$dir"
"$@" &
command=$!
code=0
wait "$command" || code=$?
command=''
exit "$code"
