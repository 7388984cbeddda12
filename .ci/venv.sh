#!/usr/bin/env bash
# Make .venv and install the pinned requirements into it: `venv.sh base` what the product needs, `venv.sh` also the
# tools of tests and checks. Does nothing when the files have not changed since.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find_python() {
    local candidate
    for candidate in python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "Python 3.11 or newer is needed and was not found (Debian 12: apt-get install python3 python3-venv)"
}

require_venv_module() {
    local python=$1 package
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        die "$python cannot make virtual environments: install the package $package (apt-get install $package)"
    fi
    say "  $package is missing: installing it"
    mkdir -p "$HOME_FOLDER/log"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$package"; } \
        >"$HOME_FOLDER/log/apt.log" 2>&1 || die "apt-get could not install $package; see $HOME_FOLDER/log/apt.log"
}

make_venv() {
    # An environment that was moved or interrupted cannot run its own pip; it is made anew.
    "$PYTHON" -c "import pip" 2>/dev/null && return
    local python
    python=$(find_python)
    require_venv_module "$python"
    "$python" -m venv --clear .venv || die "$python could not make .venv"
}

install() {
    local log=$HOME_FOLDER/log/venv.log begun=$SECONDS job total
    mkdir -p "$HOME_FOLDER/log"
    total=$(cat "${files[@]}" | grep -c '^[a-zA-Z0-9].*==')
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        "$PYTHON" -m pip install --no-input --progress-bar off --require-hashes "${files[@]/#/--requirement=}" \
        >"$log" 2>&1 &
    job=$!
    while kill -0 "$job" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r  requirements         %d of %d packages, %d s ' \
                "$(grep -cE '^(Collecting|Requirement already)' "$log" || true)" "$total" $((SECONDS - begun)) >&2
        fi
        sleep 0.5
    done
    if [ -t 2 ]; then printf '\r' >&2; fi
    if ! wait "$job"; then
        tail -n 15 "$log" >&2
        die "the requirements could not be installed; the whole log: $log"
    fi
    say "  requirements         $total packages installed  ($((SECONDS - begun)) s)       "
}

case ${1:-dev} in
    base) files=(requirements/base.txt) ;;
    dev) files=(requirements/base.txt requirements/dev.txt) ;;
    *) die "usage: venv.sh [base|dev]" ;;
esac
make_venv
for file in "${files[@]}"; do
    digest=$("$PYTHON" -c 'import hashlib, sys; print(sys.version_info[:2], hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$file")
    if [ "$(cat ".venv/.${file##*/}" 2>/dev/null)" != "$digest" ]; then stale=yes; fi
    digests+=("$digest")
done
if [ "${stale:-no}" = yes ]; then
    install
    for index in "${!files[@]}"; do
        printf '%s\n' "${digests[$index]}" >".venv/.${files[$index]##*/}"
    done
fi
