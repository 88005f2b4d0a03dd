#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pictures of Tasks for the documents, light and dark:
#
#   sh examples/gtk/screenshots.sh BUILD-FOLDER [OUTPUT-FOLDER]
#
# Needs xvfb-run, ImageMagick and the fonts Cantarell and Source Code Pro or the like. Whatever
# programs the machine has, the pictures are the same: those in them are made here.
set -eu

source=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
build=$(CDPATH= cd -- "${1:?the build folder}" && pwd)
output=$(CDPATH= cd -- "${2:-$source/docs/images}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/pictures"

ninja -C "$build" examples/gtk/tasks-screenshots examples/c-worker

# One that plays what the like of it wrote, and stays.
program () {
  { echo '#!/bin/sh'; cat; } > "$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}
program git <<EOF
head -c 900 '$source/tests/data/progress/git.txt' | tr '\r' '\n'
printf 'Receiving objects:  64%% (78214/122211), 41.18 MiB | 9.71 MiB/s\r'
sleep 1000
EOF
program df <<EOF
echo 'Filesystem      Size  Used Avail Use% Mounted on'
echo '/dev/nvme0n1p2  468G  203G  242G  46% /'
EOF
program flatpak-builder <<EOF
echo 'error: Failed to init: Unable to find sdk org.gnome.Sdk version 44' >&2
exit 1
EOF
program python3 <<EOF
trap : TERM
echo 'Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...'
while :; do sleep 1000 & wait; done
EOF
program ping <<EOF
echo 'PING gnome.org (8.43.85.3) 56(84) bytes of data.'
sleep 1000
EOF
program ninja <<EOF
echo "ninja: Entering directory \\\`build'"
n=0
for unit in channel channel-closed channel-fds channel-loop channel-send child child-io child-end \
            child-kill child-pause child-progress child-start command command-check decoder exec \
            exec-text frames; do
  n=\$((n + 1))
  echo "[\$n/31] Compiling C object libcproc/libcproc-1.so.0.p/cproc-\$unit.c.o"
done
sleep 1
echo "../libcproc/cproc-frames.c:97:12: warning: unused variable ‘rest’ [-Wunused-variable]" >&2
sleep 1
echo "[19/31] Compiling C object libcproc/libcproc-1.so.0.p/cproc-handlers.c.o"
exec yes > /dev/null
EOF

cd "$scratch/pictures"
# Nothing of the session that it is run from.
timeout 120 env PATH="$scratch/bin:$PATH" \
  CPROC_LAUNCH_HELPER="$build/libcproc/helper/cproc-launch" \
  LD_LIBRARY_PATH="$build/libcproc" DBUS_SESSION_BUS_ADDRESS=disabled: GDK_BACKEND=x11 \
  GSK_RENDERER=cairo GSETTINGS_BACKEND=memory GTK_A11Y=none LC_ALL="${LC_ALL:-C.UTF-8}" \
  xvfb-run -a -s '-screen 0 1280x800x24' "$build/examples/gtk/tasks-screenshots"

for picture in *.png; do
  # Without the frame of a window where nothing composes it.
  convert "$picture" -shave 5x5 +repage -strip +dither -colors 255 -define png:compression-level=9 \
    "PNG8:$output/$picture"
done
ls -l "$output"/tasks*.png
