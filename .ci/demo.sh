#!/usr/bin/env bash
# From a fresh clone to a scorecard: environment, services, tables, worker, web server, then `manage.py demo`.
# With --json only the JSON document goes to standard output, and everything is stopped afterwards.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bash .ci/venv.sh base
case " $* " in
    *" --json "*)
        trap '"$PYTHON" -m distillhub down >&2 || exit 1' EXIT
        "$PYTHON" -m distillhub up >&2
        "$PYTHON" manage.py demo "$@"
        ;;
    *)
        "$PYTHON" -m distillhub up
        "$PYTHON" manage.py demo "$@"
        say "Everything stays up for a second run: \`make stop\` ends it, \`make clean\` also deletes its data."
        ;;
esac
