#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# sh bench/run.sh [case…] [--quick] [--json] [--list] [--help]
#
# Builds libcproc and its peers beside it, and runs the benchmark. What is built goes to
# build-bench/, or where BENCH_BUILD says.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
case " $* " in
  *' --list '* | *' --help '* | *' -h '*) exec python3 -B "$here/run.py" "$@" ;;
esac

root=$(cd "$here/.." && pwd)
BENCH_BUILD=${BENCH_BUILD:-$root/build-bench}
mkdir -p "$BENCH_BUILD"
BENCH_BUILD=$(cd "$BENCH_BUILD" && pwd)
export BENCH_BUILD
log=$BENCH_BUILD/build.log
: > "$log"
: > "$BENCH_BUILD/missing"

say() { printf '%s\n' "$*" >&2; }
missing() { printf '%s\t%s\n' "$1" "$2" >> "$BENCH_BUILD/missing"; }
has_pkg() { pkg-config --exists "$@" 2> /dev/null; }

# need TEST PACKAGE…: installs the packages where the test fails.
need()
{
  test=$1
  shift
  if eval "$test" > /dev/null 2>&1; then
    return 0
  fi
  wanted="${wanted:-} $*"
}

find_gi_python()
{
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import gi' 2> /dev/null; then
      command -v "$python" > "$BENCH_BUILD/python-gi"
      return 0
    fi
  done
  rm -f "$BENCH_BUILD/python-gi"
  return 1
}

install_packages()
{
  wanted=
  need 'command -v cc' gcc libc6-dev
  need 'command -v c++' g++
  need 'command -v meson' meson
  need 'command -v ninja' ninja-build
  need 'command -v pkg-config' pkg-config
  need 'command -v node' nodejs
  need 'command -v gnuplot' gnuplot-nox
  need 'command -v musl-gcc' musl-tools
  need 'has_pkg gio-unix-2.0' libglib2.0-dev
  need 'has_pkg json-glib-1.0' libjson-glib-dev
  need 'has_pkg libuv' libuv1-dev
  need 'has_pkg Qt6Core' qt6-base-dev
  need find_gi_python python3-gi
  if [ -z "$wanted" ]; then
    return 0
  fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    say "Not installed, and this is not root on Debian:$wanted"
    return 0
  fi
  say "Installing:$wanted"
  apt-get update >> "$log" 2>&1 || true
  for package in $wanted; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" \
      >> "$log" 2>&1 || say "$package cannot be installed; see $log"
  done
}

# A compiled peer: name, then the command line after the common part.
compile()
{
  name=$1
  shift
  if ! "$@" -o "$BENCH_BUILD/bench-$name" >> "$log" 2>&1; then
    missing "$name" "does not build; see $log"
    rm -f "$BENCH_BUILD/bench-$name"
  fi
}

flags='-D_GNU_SOURCE -O2 -Wall -Wextra -Wno-unused-parameter'

build_library()
{
  if [ ! -f "$BENCH_BUILD/libcproc/build.ninja" ]; then
    meson setup "$BENCH_BUILD/libcproc" "$root" --buildtype=release -Ddocs=disabled -Dtests=false \
      -Dexamples=false -Dintrospection=disabled -Dvapi=disabled >> "$log" 2>&1
  fi
  ninja -C "$BENCH_BUILD/libcproc" >> "$log" 2>&1
}

build_cproc()
{
  if ! build_library; then
    missing cproc "libcproc does not build; see $log"
    rm -f "$BENCH_BUILD/bench-cproc"
    return 0
  fi
  library=$BENCH_BUILD/libcproc/libcproc
  # shellcheck disable=SC2046,SC2086
  compile cproc cc $flags "$here"/bench-cproc*.c "$here/bench-glib.c" "$here/bench-common.c" \
    -I"$root/libcproc" $(find "$root/libcproc" -mindepth 1 -type d -printf ' -I%p') \
    -I"$library" -L"$library" -Wl,-rpath,"$library" -lcproc-1 \
    $(pkg-config --cflags --libs gio-2.0 gio-unix-2.0 json-glib-1.0)
}

# shellcheck disable=SC2046,SC2086
build_peers()
{
  cc $flags -static "$here/bench-child.c" -o "$BENCH_BUILD/bench-child" >> "$log" 2>&1 \
    || cc $flags "$here/bench-child.c" -o "$BENCH_BUILD/bench-child"
  compile raw cc $flags "$here"/bench-raw*.c "$here/bench-common.c"
  compile gsubprocess cc $flags "$here"/bench-gsubprocess*.c "$here/bench-glib.c" \
    "$here/bench-common.c" $(pkg-config --cflags --libs gio-2.0 gio-unix-2.0 json-glib-1.0)
  if has_pkg libuv; then
    compile libuv cc $flags "$here"/bench-libuv*.c "$here/bench-common.c" \
      $(pkg-config --cflags --libs libuv)
  else
    missing libuv 'needs libuv1-dev'
  fi
  qt=Qt6Core
  has_pkg $qt || qt=Qt5Core
  if has_pkg $qt; then
    pkg-config --modversion $qt > "$BENCH_BUILD/qt-version"
    cc $flags -c "$here/bench-common.c" -o "$BENCH_BUILD/bench-common.o"
    compile qprocess c++ -std=c++17 $flags -fPIC "$here/bench-qprocess.cpp" \
      "$BENCH_BUILD/bench-common.o" $(pkg-config --cflags --libs $qt)
  else
    missing qprocess 'needs qt6-base-dev'
  fi
}

find_scripts()
{
  command -v node > /dev/null || missing node 'needs nodejs'
  find_gi_python || missing pygobject 'needs python3-gi'
  if command -v bun > /dev/null || [ -x "$BENCH_BUILD/npm/node_modules/.bin/bun" ]; then
    return 0
  fi
  if ! command -v npm > /dev/null; then
    missing bun 'needs bun, or npm to install it'
  elif ! npm install --prefix "$BENCH_BUILD/npm" --no-audit --no-fund bun >> "$log" 2>&1 \
    || ! "$BENCH_BUILD/npm/node_modules/.bin/bun" --version >> "$log" 2>&1; then
    rm -rf "$BENCH_BUILD/npm"
    missing bun "npm cannot install it; see $log"
  fi
}

install_packages
build_peers
build_cproc
find_scripts
exec python3 -B "$here/run.py" "$@"
