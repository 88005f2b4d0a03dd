#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How much of libcproc's C the tests run: builds with counters, runs the tests, and prints the lines
# by file and in all. What it is given goes to `meson test`:
#
#   sh build-aux/coverage.sh
#   sh build-aux/coverage.sh --suite unit
#
# BUILD_DIR names another build directory than _build-coverage. The overrides in Python and
# JavaScript are not C, and so not counted.

set -eu

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build_dir=${BUILD_DIR:-$source_dir/_build-coverage}

if ! command -v gcovr >/dev/null; then
  echo 'coverage: gcovr is missing: please install it (Debian: apt-get install gcovr)' >&2
  exit 1
fi

if [ -f "$build_dir/build.ninja" ]; then
  reconfigure=--reconfigure
else
  reconfigure=
fi

# shellcheck disable=SC2086
meson setup $reconfigure "$build_dir" "$source_dir" -Db_coverage=true -Dbuildtype=debug
ninja -C "$build_dir"

# What an earlier run has counted.
find "$build_dir" -name '*.gcda' -exec rm -f {} +

status=0
meson test -C "$build_dir" --no-rebuild --print-errorlogs "$@" || status=$?

cd "$build_dir"
gcovr --root "$source_dir" --filter "$source_dir/libcproc/" .

exit "$status"
