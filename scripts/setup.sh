#!/bin/sh
# Makes .venv from the pinned lists; does nothing when it is up to date. Speaks on stderr, because stdout may be a
# bench's. pip resolves nothing: the lists name every package.
set -eu
cd "$(dirname "$0")/.."
exec 1>&2

stamp=.venv/.requirements
wanted=$(cat requirements.txt requirements-dev.txt | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c "" 2>/dev/null; then
    exit 0
fi

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
complete='import ensurepip, venv'
found='' incomplete=''
for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
    if "$name" -c "$new_enough" 2>/dev/null; then
        if "$name" -c "$complete" 2>/dev/null; then
            found=$name
            break
        fi
        incomplete=${incomplete:-$name}
    fi
done

if [ -z "$found" ]; then
    if [ -n "$incomplete" ]; then
        echo "$incomplete can't make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"
    else
        echo "Python 3.11 or newer is needed and was not found. Install it, or say where it is: make PYTHON=/path/to/python"
    fi
    exit 1
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    "$found" -m venv .venv
fi
count=$(cat requirements.txt requirements-dev.txt | grep -c '==')
begun=$(date +%s)
echo "Installing $count Python packages into .venv (about half a minute) ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --progress-bar off \
    --no-deps --no-compile --requirement requirements-dev.txt
echo "$wanted" >"$stamp"
echo "Installed in $(($(date +%s) - begun)) s"
