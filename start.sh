#!/bin/sh
# Finds a Python and hands over to bootstrap.py, which sets up and runs the platform as `make run` does.
# Arguments go to the server: ./start.sh --source sim
set -eu
here=$(cd "$(dirname "$0")" && pwd)

for python in python3.14 python3.13 python3.12 python3.11 python3 python; do
    # Being on PATH is not enough: version managers leave commands there that only explain themselves.
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$python" "$here/bootstrap.py" run "$@"
    fi
done

echo "Python 3.11 or newer is needed, and none is on PATH; install it from https://www.python.org/downloads/" \
    "or with your package manager." >&2
exit 1
