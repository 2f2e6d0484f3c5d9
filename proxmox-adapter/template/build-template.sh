#!/bin/bash
# build-template.sh [OUTPUT.tar.zst]: builds the LXC template of tenants' containers from Debian packages. As root.
#
# Holds: systemd, PostgreSQL of every major that is offered, first boot and its units, nothing that identifies a
# container (machine id, host keys, certificates: those are made at first boot, or every clone would share them).
#
#   MAJORS="16 17 18"   which majors; each must be in the apt sources below
#   SUITE=trixie        Debian suite
#   APT_SOURCES=FILE    apt sources (one-line or deb822) for the build, for example with the PGDG repository, which has
#                       majors that Debian itself has not; default: the mirror that mmdebstrap chooses
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=${1:-dbxyz-postgres.tar.zst}
suite=${SUITE:-trixie}
read -ra majors <<<"${MAJORS:-16 17 18}"

die() { printf 'build-template: %s\n' "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "must run as root: try sudo $0"
command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: apt-get install mmdebstrap"
command -v zstd >/dev/null || die "zstd is missing: apt-get install zstd"
[ -z "${APT_SOURCES:-}" ] || [ -r "$APT_SOURCES" ] || die "APT_SOURCES=$APT_SOURCES cannot be read"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

packages=systemd,systemd-sysv,iproute2,openssl,tzdata,ca-certificates,postgresql-common,prometheus-postgres-exporter
for major in "${majors[@]}"; do packages+=,postgresql-$major; done

# No cluster at installation: each container makes its own, on its data volume.
prepare='mkdir -p "$1/etc/postgresql-common/createcluster.d" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.d/dbxyz.conf"'
mmdebstrap --variant=apt --include="$packages" --setup-hook="$prepare" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --aptopt='Acquire::Languages "none"' "$suite" "$root" ${APT_SOURCES:+"$APT_SOURCES"} \
  || die "the packages could not be installed: does every one of ${majors[*]} exist in the apt sources? (set APT_SOURCES or MAJORS)"

for major in "${majors[@]}"; do
  [ -x "$root/usr/lib/postgresql/$major/bin/postgres" ] || die "PostgreSQL $major is not in the built tree"
done

install -m 0755 "$here/pg-firstboot.sh" "$root/usr/local/sbin/pg-firstboot.sh"
install -m 0644 "$here/pg-firstboot.service" "$here/dbxyz-postgres.service" "$root/etc/systemd/system/"
install -d -m 0755 "$root/etc/dbxyz"
install -d -m 0755 -o "$(stat -c %u "$root/var/lib/postgresql")" -g "$(stat -c %g "$root/var/lib/postgresql")" "$root/var/lib/postgresql"

# The exporter's defaults point at a database that is not there; it is configured by whoever scrapes it.
chroot "$root" systemctl disable prometheus-postgres-exporter.service postgresql.service >/dev/null 2>&1 || true
chroot "$root" systemctl mask postgresql.service >/dev/null
chroot "$root" systemctl enable pg-firstboot.service dbxyz-postgres.service >/dev/null
# Nobody logs in to these containers, and none of this has a purpose in one.
chroot "$root" systemctl mask getty.target console-getty.service systemd-udevd.service systemd-firstboot.service \
  systemd-logind.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer >/dev/null
chroot "$root" systemctl set-default multi-user.target >/dev/null

revision=$(cat "$here"/pg-firstboot.sh "$here"/*.service "${BASH_SOURCE[0]}" | sha256sum | cut -c1-12)
printf 'REVISION=%s\nSUITE=%s\nMAJORS="%s"\n' "$revision" "$suite" "${majors[*]}" >"$root/etc/dbxyz-template"

: >"$root/etc/machine-id"
: >"$root/etc/fstab"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root"/etc/ssh/ssh_host_* "$root"/etc/ssl/private/*.key
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*

tar --numeric-owner --xattrs --acls -C "$root" -cf - . | zstd -q -T0 -10 -f -o "$output.new"
mv "$output.new" "$output"
printf 'build-template: %s (revision %s, PostgreSQL %s)\n' "$output" "$revision" "${majors[*]}"
