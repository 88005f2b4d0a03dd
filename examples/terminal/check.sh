#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check.sh TERMINAL: a program finds a terminal there, of a size, and its exit code is the
# window's.

set -eu

terminal=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
code=0

"$terminal" sh -c \
  'test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty >"$1"; exit 7' \
  sh "$folder/size" || code=$?
[ "$code" = 7 ] || { echo "the exit code is $code" >&2; exit 1; }
grep -Eqx '[1-9][0-9]* [1-9][0-9]*' "$folder/size" || { echo 'there is no size' >&2; exit 1; }

code=0
"$terminal" /no/such/program 2>"$folder/error" || code=$?
[ "$code" = 127 ] || { echo "without a program the exit code is $code" >&2; exit 1; }
grep -q '/no/such/program' "$folder/error"
