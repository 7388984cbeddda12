#!/usr/bin/env bash
# Everything that can be said about the code without running it. All steps run; the first failure does not hide others.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bash .ci/venv.sh
# The system checks ask for the secrets that the embedded services make at their first start.
"$PYTHON" -m distillhub services </dev/null >&2
failed=()
step() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        say "  ok    $name"
    else
        say "  FAIL  $name: $*"
        printf '%s\n' "$output" | sed 's/^/        /' >&2
        failed+=("$name")
    fi
}

step "lint" "$PYTHON" -m ruff check .
step "format" "$PYTHON" -m ruff format --check .
step "types" "$PYTHON" -m mypy
# By its path: a console script stops working when the folder is renamed.
step "import contracts" "$PYTHON" .venv/bin/lint-imports
step "migrations" "$PYTHON" manage.py makemigrations --check --dry-run
step "django" "$PYTHON" manage.py check
if [ ${#failed[@]} -gt 0 ]; then die "failed: $(IFS=,; echo "${failed[*]}")"; fi
