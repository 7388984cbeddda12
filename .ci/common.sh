# Sourced by the other scripts: strict mode, the repository root, and two ways to speak.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# No step may ever wait for a person: whoever asks on the terminal fails at once instead.
exec </dev/null
ROOT=$PWD
PYTHON=$ROOT/.venv/bin/python
HOME_FOLDER=${DISTILLHUB_HOME:-$ROOT/.local}

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
