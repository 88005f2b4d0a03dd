#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds libcproc and runs all its tests. The last line of output has the counts; exits with 0 only
# where tests ran and none failed. What it is given goes to `meson test`:
#
#   sh tests/run.sh
#   sh tests/run.sh --suite bindings
#
# BUILD_DIR names another build directory than _build.

set -eu

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build_dir=${BUILD_DIR:-$source_dir/_build}

sh "$source_dir/build-aux/setup.sh"

if [ -f "$build_dir/build.ninja" ]; then
  reconfigure=--reconfigure
else
  reconfigure=
fi

# shellcheck disable=SC2086
meson setup $reconfigure "$build_dir" "$source_dir" \
  -Dtests=true -Dexamples=true \
  -Dintrospection=enabled -Dvapi=enabled -Ddocs=enabled
ninja -C "$build_dir"

# A log of an earlier run must not be counted.
log="$build_dir/meson-logs/testlog.json"
rm -f "$log"
meson test -C "$build_dir" --no-rebuild --print-errorlogs "$@" || true

for python in /usr/bin/python3 python3; do
  command -v $python >/dev/null && break
done
exec $python "$source_dir/tests/count.py" "$log"
