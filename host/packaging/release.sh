#!/usr/bin/env bash
# Makes a release: mcphub_VERSION_ARCH.deb, mcphub-VERSION-TARGET.tar.gz, the bill of materials, and their SHA-256 sums.
#
#   host/packaging/release.sh [--binary FILE] [--image DIR] [OUT]
#
# Without --binary the hub is built; with it, that binary is packed. OUT is target/release/packages by default. With --image
# only the files of a container image are laid out: those of root in DIR/root, those of the hub's user in DIR/own. The same
# sources, compiler, SOURCE_DATE_EPOCH (the last commit's time by default) and COMPRESS (6) give the same bytes.
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC

packaging=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$packaging/../.." && pwd)
binary='' image='' out="$root/target/release/packages"
while [ $# -gt 0 ]; do
  case $1 in
    --binary) binary=$(realpath "$2"); shift 2 ;;
    --image) image=$(realpath -m "$2"); shift 2 ;;
    -*) echo "unknown option $1; see the head of $0" >&2; exit 2 ;;
    *) out=$(realpath -m "$1"); shift ;;
  esac
done

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
date=$(date -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)
level=${COMPRESS:-6}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
  (cd "$root" && cargo build --release --locked --package mcphub)
  binary=$root/target/release/mcphub
}

# What the binary and the sources give, once for all packages.
prepare() {
  mkdir -p "$work/man" "$work/completions"
  strip --strip-all -o "$work/mcphub" "$binary"
  version=$("$work/mcphub" --version | cut -d ' ' -f 2)
  "$work/mcphub" man "$work/man" --date "$date"
  "$work/mcphub" completions bash >"$work/completions/mcphub.bash"
  "$work/mcphub" completions zsh >"$work/completions/_mcphub"
  "$work/mcphub" completions fish >"$work/completions/mcphub.fish"
  "$packaging/third_party.py" --check
  "$packaging/sbom.py" >"$work/mcphub.cdx.json"
}

# All that is installed, below the directory that is named.
lay_out() {
  local share=$1/usr/share doc=$1/usr/share/doc/mcphub
  install -D -m 755 "$work/mcphub" "$1/usr/bin/mcphub"
  install -D -m 644 "$packaging/mcphub.service" "$1/usr/lib/systemd/system/mcphub.service"
  # Readable for root alone: a key may be written there.
  install -D -m 640 "$packaging/environment" "$1/etc/default/mcphub"
  install -D -m 644 -t "$share/man/man1" "$work"/man/*.1
  gzip -9n "$share"/man/man1/*
  install -D -m 644 "$work/completions/mcphub.bash" "$share/bash-completion/completions/mcphub"
  install -D -m 644 "$work/completions/_mcphub" "$share/zsh/vendor-completions/_mcphub"
  install -D -m 644 "$work/completions/mcphub.fish" "$share/fish/vendor_completions.d/mcphub.fish"
  install -D -m 644 "$packaging/debian/copyright" "$doc/copyright"
  install -D -m 644 "$root/CHANGELOG.md" "$doc/changelog"
  install -D -m 644 -t "$doc" "$root/README.md" "$root/THIRD-PARTY" "$work/mcphub.cdx.json"
  install -D -m 644 -t "$doc/host" "$root/host/README.md" "$root/host/FAILURES.md"
  printf 'mcphub (%s-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(date -R -d "@$SOURCE_DATE_EPOCH")" >"$doc/changelog.Debian"
  gzip -9n "$doc"/changelog "$doc"/changelog.Debian "$doc"/THIRD-PARTY "$doc"/mcphub.cdx.json
}

aged() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

debian_package() {
  local place=$work/deb architecture libc size
  architecture=$1
  lay_out "$place"
  # The newest version of the C library that the binary names.
  libc=$(readelf --wide --version-info "$work/mcphub" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
  size=$(du -sk --apparent-size "$place" | cut -f 1)
  mkdir "$place/DEBIAN"
  sed -e "s|@VERSION@|$version-1|; s|@ARCHITECTURE@|$architecture|; s|@SIZE@|$size|; s|@LIBC@|${libc#GLIBC_}|" \
    -e "s|@MAINTAINER@|$maintainer|" "$packaging/debian/control.in" >"$place/DEBIAN/control"
  echo /etc/default/mcphub >"$place/DEBIAN/conffiles"
  install -m 755 -t "$place/DEBIAN" "$packaging"/debian/postinst "$packaging"/debian/prerm "$packaging"/debian/postrm
  (cd "$place" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  chmod 644 "$place/DEBIAN/control" "$place/DEBIAN/conffiles" "$place/DEBIAN/md5sums"
  aged "$place"
  dpkg-deb --root-owner-group -Zxz "-z$level" --build "$place" "$out/mcphub_${version}-1_$architecture.deb" >/dev/null
}

tarball() {
  local name=mcphub-$version-$1 place
  place=$work/tar/$name
  install -D -m 755 "$work/mcphub" "$place/mcphub"
  install -m 644 -t "$place" "$packaging/mcphub.service" "$packaging/environment" "$work/mcphub.cdx.json" \
    "$root/README.md" "$root/CHANGELOG.md" "$root/LICENSE" "$root/THIRD-PARTY"
  install -D -m 644 -t "$place/host" "$root/host/README.md" "$root/host/FAILURES.md"
  cp -r "$work/man" "$work/completions" "$place"
  aged "$place"
  tar -C "$work/tar" --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -cf - "$name" |
    gzip "-n$level" >"$out/$name.tar.gz"
}

image_files() {
  local doc=$1/root/usr/share/doc/mcphub
  install -D -m 755 "$work/mcphub" "$1/root/usr/bin/mcphub"
  install -D -m 644 -t "$doc" "$root/LICENSE" "$root/THIRD-PARTY" "$work/mcphub.cdx.json"
  # Not every base has the authorities that TLS is checked with.
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$1/root/etc/ssl/certs/ca-certificates.crt"
  install -d -m 700 "$1/own/data" "$1/own/cache"
  aged "$1"
}

maintainer="${DEBFULLNAME:-MCPHub maintainers} <${DEBEMAIL:-maintainers@mcphub.invalid}>"
[ -n "$binary" ] || build
prepare
if [ -n "$image" ]; then
  image_files "$image"
  exit
fi
mkdir -p "$out"
case $(readelf --file-header "$work/mcphub" | sed -n 's/ *Machine: *//p') in
  *X86-64*) architecture=amd64 target=x86_64-unknown-linux-gnu ;;
  AArch64) architecture=arm64 target=aarch64-unknown-linux-gnu ;;
  *) echo "$binary is for a machine that no package is made for" >&2; exit 1 ;;
esac
debian_package "$architecture"
tarball "$target"
cp "$work/mcphub.cdx.json" "$out/mcphub-$version.cdx.json"
chmod 644 "$out"/mcphub*
(cd "$out" && sha256sum mcphub[_-]"$version"* >SHA256SUMS && cat SHA256SUMS)
