#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes a throw-away Debian system and runs the README's two commands in it, on a clean clone of the
# last commit, as root and as an ordinary user who may use sudo:
#
#   sh build-aux/fresh-debian.sh [RELEASE [DIRECTORY]]
#
# RELEASE names a Debian release (default trixie). DIRECTORY is where the system goes (default:
# a temporary one, removed at the end; a named one is kept, and used again by the next run). WHO is
# root, user, or both (the default); COMMANDS replaces the two commands.
#
# Needs root and debootstrap. The packages come from where this system's own come from.

set -eu

release=${1:-trixie}
who=${WHO:-root user}
commands=${COMMANDS:-sh examples/run.sh && sh tests/run.sh}
top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

[ "$(id -u)" -eq 0 ] || { echo 'fresh-debian: only root can make a system' >&2; exit 1; }
command -v debootstrap >/dev/null || {
  echo 'fresh-debian: please install debootstrap' >&2
  exit 1
}

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)

if [ $# -ge 2 ]; then
  mkdir -p "$2"
  system=$(cd "$2" && pwd)
else
  system=$(mktemp -d)
  trap 'rm -rf --one-file-system "$system"' EXIT
fi

if [ ! -e "$system/fresh-debian-is-complete" ]; then
  debootstrap --variant=minbase --include=ca-certificates,git,sudo "$release" "$system" "$mirror"
  chroot "$system" useradd --create-home --shell /bin/bash tester
  echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$system/etc/sudoers.d/tester"
  touch "$system/fresh-debian-is-complete"
fi
cp /etc/resolv.conf /etc/hosts "$system/etc/"
# The clock of the package lists may be older than this system's.
echo 'Acquire::Check-Valid-Until "false";' >"$system/etc/apt/apt.conf.d/90fresh-debian"

# run WHO: the commands in a clean clone. The mounts end with their namespace.
run ()
{
  rm -rf "$system/home/tester/libcproc" "$system/root/libcproc"
  case $1 in
    root) home=/root ;;
    user) home=/home/tester ;;
  esac
  git clone -q --no-local "$top" "$system$home/libcproc"
  [ "$1" = root ] || chroot "$system" chown -R tester: "$home/libcproc"

  unshare --mount --propagation private sh -eu -c '
    system=$1 who=$2 home=$3 commands=$4
    mount -t proc proc "$system/proc"
    mount -t sysfs -o ro sysfs "$system/sys"
    mount -t tmpfs -o mode=755 tmpfs "$system/dev"
    for node in null zero full random urandom tty; do
      touch "$system/dev/$node"
      mount --bind "/dev/$node" "$system/dev/$node"
    done
    mkdir "$system/dev/pts" "$system/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$system/dev/pts"
    mount -t tmpfs tmpfs "$system/dev/shm"
    ln -s pts/ptmx "$system/dev/ptmx"
    ln -s /proc/self/fd "$system/dev/fd"
    ln -s /proc/self/fd/0 "$system/dev/stdin"
    ln -s /proc/self/fd/1 "$system/dev/stdout"
    ln -s /proc/self/fd/2 "$system/dev/stderr"
    mount -t tmpfs -o mode=1777 tmpfs "$system/tmp"
    run="cd $home/libcproc && $commands"
    case $who in
      root) set -- sh -c "$run" ;;
      user) set -- sudo -H -u tester sh -c "$run" ;;
    esac
    exec env -i HOME="$home" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      LANG=C.UTF-8 chroot "$system" "$@"
  ' sh "$system" "$1" "$home" "$commands"
}

failed=
for one in $who; do
  echo "== $release, as $one"
  run "$one" || failed="$failed $one"
done
[ -z "$failed" ] || { echo "fresh-debian: failed on $release, as$failed" >&2; exit 1; }
