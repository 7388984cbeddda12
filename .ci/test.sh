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

status=0 begun=$SECONDS logs=$HOME_FOLDER/log
part() {
    local log=$logs/tests-$1.log code=0
    shift
    say "== ${log##*/tests-}: pytest $*"
    "$PYTHON" -m pytest -q --color="$([ -t 1 ] && echo yes || echo no)" "$@" | tee "$log" || code=$?
    # 5 means that no test is so marked.
    if [ "$code" != 0 ] && [ "$code" != 5 ]; then status=$code; fi
}
# Adds up pytest's closing lines, so that the first part's is not lost above the second's output.
total() {
    tail -qn 1 "$logs/tests-fast.log" "$logs/tests-slow.log" | sed 's/\x1b\[[0-9;]*m//g; s/ in [0-9.]*s.*//; s/, /\n/g' |
        awk '$2 ~ /^(passed|failed|skipped|errors?|xfailed|xpassed|warnings?)$/ { n[$2] += $1 }
             END { for (w in n) { printf "%s%d %s", comma, n[w], w; comma = ", " } }'
}
mkdir -p "$logs"
part fast -n 2 -m "not slow and not chaos and not browser"
part slow -m "slow or chaos or browser"
printf '== all tests: %s in %d s ==\n' "$(total)" $((SECONDS - begun))
exit "$status"
