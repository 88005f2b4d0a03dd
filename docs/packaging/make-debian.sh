#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes Debian packages of the last commit, and has lintian look at them:
#
#   sh docs/packaging/make-debian.sh [DIRECTORY]
#
# They are left in DIRECTORY (default _debian). What builds them is listed in debian/control; the
# packages devscripts, debhelper, dh-sequence-gir and lintian are needed beside.

set -eu

top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
out=${1:-$top/_debian}
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$top/meson.build" | head -n 1)
tree=$out/libcproc-$version

rm -rf "$tree"
mkdir -p "$tree"
git -C "$top" archive --format=tar HEAD | tar -x -C "$tree"
tar -C "$out" -cJf "$out/libcproc_$version.orig.tar.xz" "libcproc-$version"
cp -R "$top/docs/packaging/debian" "$tree/debian"

cd "$tree"
dpkg-buildpackage --no-sign -rfakeroot "${DPKG_FLAGS:--us}"
lintian --pedantic --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs \
  "$out"/*.changes
