#!/usr/bin/env bash
# All tests: the fast ones on two cores, then one by one those that are slow, kill processes or drive a browser.
# Arguments go to pytest instead: `bash .ci/test.sh tests/kernel -k gate` runs just those, in one process.
# FULL=1 also fetches the local models first, so that the tests on them run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bash .ci/venv.sh
if [ $# -gt 0 ]; then
    "$PYTHON" -m distillhub services >&2
    exec "$PYTHON" -m pytest "$@"
fi
bash .ci/system.sh
if [ -n "${FULL:-}" ]; then bash .ci/models.sh; fi
"$PYTHON" -m distillhub services >&2

status=0
part() {
    local name=$1 code=0
    shift
    say "$name"
    "$PYTHON" -m pytest -q --color="$([ -t 1 ] && echo yes || echo no)" "$@" || code=$?
    # 5 means that no test is so marked.
    if [ "$code" != 0 ] && [ "$code" != 5 ]; then status=$code; fi
}
part "== fast tests" -n 2 -m "not slow and not chaos and not browser"
part "== slow, chaos and browser tests" -m "slow or chaos or browser"
exit "$status"
