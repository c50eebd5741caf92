#!/bin/sh
# Copyright: (c) 2026, otc.dis contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Make .venv, which holds nothing but nox. Quiet unless something is wrong.
set -eu
mkdir -p .build/log
log=.build/log/set-up.log
new='import sys; sys.exit(sys.version_info < (3, 10))'

for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10; do
    if "$python" -c "$new" 2>/dev/null; then found=$python; break; fi
done
if [ -z "${found:-}" ]; then
    echo 'Python 3.10 or later is needed; name it with PYTHON=/path/to/python3 if it is not on PATH.' >&2
    exit 1
fi
if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$found cannot make virtual environments: install its venv package (python3-venv on Debian and Ubuntu)." >&2
    exit 1
fi

echo 'Setting up, once; this takes a minute.' >&2
rm -rf .venv
if ! { "$found" -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check -r tests/requirements/nox.txt; } \
    >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -rf .venv
    echo "Setting up failed; all of it is in $log." >&2
    exit 1
fi
touch .venv/bin/nox
