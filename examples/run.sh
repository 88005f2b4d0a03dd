#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds libcproc and shows the three verbs on real programs:
#
#   sh examples/run.sh
#
# BUILD_DIR names another build directory than _build.

set -eu

# What they print is not ASCII, and a fresh system's locale may be.
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
  *UTF-8 | *utf8) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac

examples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source_dir=$(dirname -- "$examples")
build_dir=${BUILD_DIR:-$source_dir/_build}

sh "$source_dir/build-aux/setup.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

build ()
{
  if [ ! -f "$build_dir/build.ninja" ]; then
    meson setup "$build_dir" "$source_dir" || return
  fi
  meson configure "$build_dir" -Dexamples=true -Dintrospection=enabled &&
    ninja -C "$build_dir"
}

if ! build >"$scratch/build.log" 2>&1; then
  cat "$scratch/build.log" >&2
  exit 1
fi
# It adds to variables that need not be set.
set +u
eval "$(meson devenv -C "$build_dir" --dump)"
set -u
programs=$build_dir/examples

cd "$examples"

echo '== exec in C: ls -l, then a command that fails'
"$programs/c-exec"

echo
echo '== spawn in C: tail -f of a file that grows, killed after two seconds'
echo 'the first line' >"$scratch/log"
(sleep 1 && echo 'a line that came later: päivää, 你好, 🙂' >>"$scratch/log") &
"$programs/c-spawn" "$scratch/log"
wait

echo
echo '== fork in C: the worker is in C'
"$programs/c-fork" "$programs/c-worker"

echo
echo '== fork in C: the worker is a plain Node script'
"$programs/c-fork" ./node/worker.js

echo
echo '== fork in C: the worker is in Python'
"$programs/c-fork" ./python/worker.py

echo
echo '== fork in C: the worker is in GJS'
"$programs/c-fork" ./gjs/worker.js

echo
echo '== fork in Node: the worker is in C'
node ./node/parent.js "$programs/c-worker"
