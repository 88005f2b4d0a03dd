#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares the library with that of the last release (the last tag that leads here), or of the
# commit that ABI_BASE names, as programs that were linked with it see it:
#
#   meson compile -C _build abi-check
#   ABI_BASE=HEAD~10 meson compile -C _build abi-check
#
# Fails where such a program could break. Needs abidiff, of the package abigail-tools.

set -eu

library=$1
source_dir=$2
build_dir=$3

if [ -n "${ABI_BASE:-}" ]; then
  tag=$(git -C "$source_dir" rev-parse --short "$ABI_BASE")
else
  tag=$(git -C "$source_dir" describe --tags --abbrev=0 2>/dev/null) || {
    echo 'There is no release yet to compare with: name a commit in ABI_BASE.'
    exit 0
  }
fi

old=$build_dir/abi-check-$tag
if [ ! -e "$old/build/build.ninja" ]; then
  rm -rf "$old"
  mkdir -p "$old/source"
  git -C "$source_dir" archive --format=tar "$tag" | tar -x -C "$old/source"
  meson setup "$old/build" "$old/source" --buildtype=debugoptimized \
    -Dtests=false -Dexamples=false -Ddocs=disabled -Dintrospection=disabled >/dev/null
fi
ninja -C "$old/build" >/dev/null
# Its version may have been another one.
old_library=$(basename "$library")
old_library=$old/build/libcproc/${old_library%%.so*}.so

# What private headers define is opaque to programs, and may change.
public_headers ()
{
  rm -rf "$2"
  mkdir -p "$2"
  find "$1" -name '*.h' ! -name '*-private.h' ! -path '*/helper/*' ! -path '*/tool/*' \
    -exec cp {} "$2" \;
}
public_headers "$old/source/libcproc" "$old/headers-old"
public_headers "$source_dir/libcproc" "$old/headers-new"

echo "Compared with $tag:"
# abidiff adds the bits of its answer: 4 is a change, 8 one that breaks.
status=0
abidiff --headers-dir1 "$old/headers-old" --headers-dir2 "$old/headers-new" \
  "$old_library" "$library" || status=$?
[ $((status & 11)) -eq 0 ]
