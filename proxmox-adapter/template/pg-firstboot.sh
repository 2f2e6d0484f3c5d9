#!/bin/bash
# pg-firstboot.sh: brings a pristine or half-finished container to a configured, TLS-only, SCRAM-only Postgres.
#
# Runs before every start of the server. The first run makes the cluster, the roles and the database; later runs render
# the configuration files again and touch nothing else: passwords may have been rotated since. It may be killed at any
# line and run again: the cluster is made in a side directory and appears, roles and marker included, by one rename.
#
# Settings are the tenant's environment (PG_*), which Proxmox gives to PID 1. They are data: parsed, checked against
# patterns, never sourced. Passwords are SCRAM-SHA-256 verifiers; anything else is refused. No secret is ever in an
# argument list or in a log.
#
# The FIRSTBOOT_* variables only say where things are; the defaults are a container's. Without root everything runs as
# the present user.
set -euo pipefail
umask 077
export LC_ALL=C

environ=${FIRSTBOOT_ENVIRON:-/proc/1/environ}        # NUL-separated K=V
tenant_env=${FIRSTBOOT_TENANT_ENV:-/etc/tenant.env}
pg_root=${FIRSTBOOT_PG_ROOT:-/usr/lib/postgresql}    # holds MAJOR/bin
data_root=${FIRSTBOOT_DATA:-/var/lib/postgresql}     # the data volume
etc=${FIRSTBOOT_ETC:-/etc/dbxyz}
run=${FIRSTBOOT_RUN-/run/postgresql}                 # empty: no Unix socket
listen=${FIRSTBOOT_LISTEN:-*}
no_sync=${FIRSTBOOT_NO_SYNC:-}                       # set: the data need not survive a power failure

log() { printf 'pg-firstboot: %s\n' "$*" >&2; }
die() { log "FATAL: $*"; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }
as_postgres() {
  if is_root; then setpriv --reuid=postgres --regid=postgres --clear-groups --no-new-privs -- "$@"; else "$@"; fi
}
own() { if is_root; then chown postgres:postgres -- "$@"; fi; }
# A file appears whole or not at all.
put() { cat >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1"; }

# --- settings ---------------------------------------------------------------------------------------------------------

declare -A setting=()

# Reads K=V items of a stream; $1 is the separator.
parse() {
  local item
  while IFS= read -r -d "$1" item || [ -n "$item" ]; do
    if [[ $item =~ ^(PG_[A-Z_]{1,40})=([^[:cntrl:]]*)$ ]]; then setting[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}; fi
  done
}

# What Proxmox gave to PID 1 wins and is kept in tenant.env, which is what remains when the option is removed later.
load_settings() {
  local key
  if [ -r "$environ" ]; then parse '' <"$environ"; fi
  if [ ${#setting[@]} -gt 0 ]; then
    for key in "${!setting[@]}"; do printf '%s=%s\n' "$key" "${setting[$key]}"; done | sort | put "$tenant_env" 0600
  elif [ -r "$tenant_env" ]; then
    parse $'\n' <"$tenant_env"
  else
    die "no PG_* settings: neither in $environ nor in $tenant_env; set the container option env"
  fi
}

# The value of $1, which must match $2 and must not match $3.
checked() {
  local value=${setting[$1]:-}
  [[ $value =~ $2 ]] && [[ -z ${3:-} || ! $value =~ $3 ]] || die "$1 is missing or not allowed"
  printf '%s' "$value"
}

identifier='^[a-z_][a-z0-9_]{0,62}$'
reserved='^(pg_.*|dbxyz_.*|postgres|public|all|replication|none|session_user|current_user)$'
reserved_db='^(postgres|template0|template1|all|replication|sameuser|samerole)$'
cidr='([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}|[0-9a-fA-F:]{2,45}/[0-9]{1,3}'
cidrs="^($cidr)([, ]($cidr))*\$"
name='[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?'
b64='[A-Za-z0-9+/]+=*'
verifier="^SCRAM-SHA-256\\\$[0-9]{4,7}:$b64\\\$$b64:$b64\$"

read_settings() {
  load_settings
  major=$(checked PG_MAJOR '^(16|17|18)$')
  tenant=$(checked PG_TENANT_USER "$identifier" "$reserved")
  database=$(checked PG_TENANT_DB "$identifier" "$reserved_db")
  platform=$(checked PG_PLATFORM_USER '^dbxyz_[a-z_]{1,40}$')
  max_conn=$(checked PG_MAX_CONN '^[1-9][0-9]{0,3}$')
  allow=$(checked PG_ALLOW_CIDRS "$cidrs")
  platform_allow=$(checked PG_PLATFORM_CIDRS "$cidrs")
  san=$(checked PG_TLS_SAN "^$name([, ]$name)*\$")
  memory=$(checked PG_MEMORY_MIB '^[1-9][0-9]{1,6}$')
  shared_buffers=${FIRSTBOOT_SHARED_BUFFERS:-$((memory / 4))MB}
  bin=$pg_root/$major/bin
  [ -x "$bin/postgres" ] || die "PG_MAJOR $major is not installed: there is no $bin/postgres"
  home=$data_root/$major
  pgdata=$home/main
}

# --- cluster, roles, database -----------------------------------------------------------------------------------------

# SQL from standard input, in single-user mode: no server, no socket, no password. Each command ends with an empty line.
# Errors are not allowed to print the statement, which may hold a verifier.
single() {
  local out
  if ! out=$(as_postgres "$bin/postgres" --single -j -D "$1" -c exit_on_error=on -c log_min_error_statement=panic \
    -c log_statement=none -c log_checkpoints=off -c log_min_messages=error -c fsync=off "$2" 2>&1 >/dev/null); then
    die "single-user mode failed in database $2: $(printf '%s' "$out" | grep -E 'ERROR|FATAL|PANIC' | head -n 1)"
  fi
}

roles_sql() {
  local tenant_pass platform_pass
  tenant_pass=$(checked PG_TENANT_PASS "$verifier")
  platform_pass=$(checked PG_PLATFORM_PASS "$verifier")
  cat <<SQL
CREATE ROLE "$tenant" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT $max_conn PASSWORD '$tenant_pass';

CREATE ROLE "$platform" LOGIN NOSUPERUSER NOCREATEDB CREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '$platform_pass';

GRANT "$tenant" TO "$platform" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;

GRANT pg_monitor, pg_use_reserved_connections TO "$platform";

CREATE DATABASE "$database" OWNER "$tenant" TEMPLATE template0;

REVOKE ALL ON DATABASE "$database", postgres, template1 FROM PUBLIC;

GRANT CONNECT ON DATABASE postgres TO "$platform";

SQL
}

make_cluster() {
  local side=$home/main.new encoding
  [ ! -e "$pgdata/dbxyz-provisioned" ] || return 0
  [ ! -e "$pgdata" ] || die "$pgdata exists and was not made by this script: move it away"
  checked PG_TENANT_PASS "$verifier" >/dev/null
  checked PG_PLATFORM_PASS "$verifier" >/dev/null
  rm -rf "$side"
  encoding=(--encoding=UTF8 --locale=C.UTF-8)
  # The builtin provider sorts the same for ever; the system's C library may not after an upgrade.
  [ "$major" -lt 17 ] || encoding=(--encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8)
  as_postgres "$bin/initdb" -D "$side" -U postgres "${encoding[@]}" -A reject --data-checksums --no-sync >/dev/null \
    || die "initdb of $side failed"
  log "cluster made (Postgres $major)"
  roles_sql | single "$side" postgres
  if [ -n "$preload" ]; then
    printf 'CREATE EXTENSION pg_stat_statements;\n\n' | single "$side" postgres
    printf 'CREATE EXTENSION pg_stat_statements;\n\n' | single "$side" "$database"
  fi
  printf '%s\n' "$major" >"$side/dbxyz-provisioned"
  own "$side/dbxyz-provisioned"
  if [ -z "$no_sync" ]; then sync -f "$side"; fi
  mv -T "$side" "$pgdata"
  if [ -z "$no_sync" ]; then sync -f "$home"; fi
  log "roles and database made"
}

# --- certificate ------------------------------------------------------------------------------------------------------

# Self-signed, on the data volume, so that what clients have pinned lives as long as the data does. Key and certificate
# are one file and appear together. SHA-256 as signature hash, which SCRAM channel binding is defined on.
make_certificate() {
  local names='' item
  for item in ${san//,/ }; do
    if [[ $item =~ ^[0-9.]+$ || $item == *:* ]]; then names+="IP:$item,"; else names+="DNS:$item,"; fi
  done
  names=${names%,}
  if [ -s "$home/tls/server.pem" ] && [ "$(cat "$home/tls/san" 2>/dev/null)" = "$names" ]; then return 0; fi
  command -v openssl >/dev/null || die "openssl is missing: install it in the template"
  mkdir -p "$home/tls"
  rm -f "$home/tls"/*.new
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -sha256 -subj "/CN=dbxyz-postgres" \
    -addext "subjectAltName=$names" -addext "keyUsage=critical,digitalSignature" -addext "extendedKeyUsage=serverAuth" \
    -keyout "$home/tls/key.new" -out "$home/tls/crt.new" 2>/dev/null || die "openssl could not make a certificate for $names"
  cat "$home/tls/key.new" "$home/tls/crt.new" | put "$home/tls/server.pem" 0600
  printf '%s\n' "$names" | put "$home/tls/san" 0644
  rm -f "$home/tls/key.new" "$home/tls/crt.new"
  own "$home/tls" "$home/tls/server.pem"
  log "certificate made for $names"
}

# --- configuration ----------------------------------------------------------------------------------------------------

# Outside PGDATA and, in a container, owned by root: neither the server nor ALTER SYSTEM can rewrite who may log in.
render_config() {
  local durable=on
  if [ -n "$no_sync" ]; then durable=off; fi
  # Statements can hold verifiers (ALTER ROLE … PASSWORD): nothing here lets a statement or its parameters into the log.
  put "$etc/postgresql.conf" 0644 <<CONF
data_directory = '$pgdata'
hba_file = '$etc/pg_hba.conf'
ident_file = '$etc/pg_ident.conf'
listen_addresses = '$listen'
port = 5432
unix_socket_directories = '$run'
max_connections = $((max_conn + 8))
superuser_reserved_connections = 3
reserved_connections = 3
shared_buffers = $shared_buffers
huge_pages = off
max_wal_size = 512MB
min_wal_size = 32MB
jit = off
ssl = on
ssl_cert_file = '$home/tls/server.pem'
ssl_key_file = '$home/tls/server.pem'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
authentication_timeout = 15s
shared_preload_libraries = '$preload'
log_destination = 'stderr'
logging_collector = off
log_statement = 'none'
log_min_error_statement = panic
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
fsync = $durable
timezone = 'UTC'
log_timezone = 'UTC'
CONF
  printf 'admin %s postgres\n' "$(if is_root; then echo postgres; else id -un; fi)" | put "$etc/pg_ident.conf" 0644
  render_hba | put "$etc/pg_hba.conf" 0644
}

# First match wins; what is left is refused.
render_hba() {
  local range
  printf 'local all postgres peer map=admin\n'
  for range in ${platform_allow//,/ }; do printf 'hostssl postgres %s %s scram-sha-256\n' "$platform" "$range"; done
  for range in ${allow//,/ }; do printf 'hostssl %s %s %s scram-sha-256\n' "$database" "$tenant" "$range"; done
  printf 'local all all reject\nhost all all all reject\n'
}

main() {
  read_settings
  if is_root; then chown postgres:postgres -- "$data_root"; fi
  mkdir -p "$home" "$etc"
  own "$home"
  chmod 0755 "$etc"
  if [ -n "$run" ]; then mkdir -p "$run" && own "$run"; fi
  preload=''
  if has_library pg_stat_statements; then preload=pg_stat_statements; fi
  make_cluster
  make_certificate
  render_config
  printf 'DBXYZ_PG_BIN=%s\nDBXYZ_PGDATA=%s\nDBXYZ_PG_CONFIG=%s\n' "$bin" "$pgdata" "$etc/postgresql.conf" | put "$etc/server.env" 0644
  log "ready: Postgres $major, database $database"
}

# The library, where the server looks for it: beside its programs or in Debian's place.
has_library() {
  local place
  for place in "$bin/../lib" "$bin/../lib/postgresql"; do [ ! -e "$place/$1.so" ] || return 0; done
  return 1
}

main
