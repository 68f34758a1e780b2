#!/bin/sh
# Brings a folder of real music into a running `make run`, as an editor does, and prints what became of each file:
#   scripts/try_real_music.sh FOLDER
# Free music, for one: apt-get download wesnoth-1.16-music && dpkg -x wesnoth-1.16-music_*.deb /tmp/music
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(cd "${1:?say which folder}" && pwd)
cd "$here"
exec .venv/bin/python -m streaming.devstack.try_music "$folder"
