#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what building, testing and trying libcproc needs: what is missing only. tests/run.sh and
# examples/run.sh call it; by hand:
#
#   sh build-aux/setup.sh

set -eu

packages='
  gcc libc6-dev musl-tools
  meson ninja-build pkg-config gettext
  libglib2.0-dev libjson-glib-dev libdw-dev
  gobject-introspection libgirepository1.0-dev
  python3 python3-gi gir1.2-json-1.0 mypy
  gjs node-typescript valac gi-docgen
  libgtk-4-dev libadwaita-1-dev libvte-2.91-gtk4-dev xvfb xauth appstream desktop-file-utils
  git man-db mandoc rsync fish zsh
'

# The launch helper is tested as a program of 32 bit too.
[ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ] || packages="$packages gcc-multilib"

# Any node will do: there are others than Debian's.
command -v node >/dev/null || packages="$packages nodejs"

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  missing=
  for program in cc meson ninja pkg-config msgfmt g-ir-scanner; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  for module in 'gio-2.0 >= 2.74' 'json-glib-1.0 >= 1.6' gobject-introspection-1.0; do
    pkg-config --exists "$module" 2>/dev/null || missing="$missing, $module"
  done
  [ -n "$missing" ] || exit 0

  echo "setup: not found:${missing#,}" >&2
  echo 'setup: no Debian here: please install what your system calls these packages of it:' >&2
  echo "$packages" >&2
  exit 1
fi

missing=
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  sudo=
elif command -v sudo >/dev/null; then
  sudo=sudo
else
  echo 'setup: neither root nor sudo here; as root, please run:' >&2
  echo "  apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

install ()
{
  # shellcheck disable=SC2086
  $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing
}

# The first try fails where the package lists are old or were never fetched.
echo "setup: installing$missing" >&2
install >&2 || { $sudo apt-get update -q >&2 && install >&2; }
