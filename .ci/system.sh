#!/usr/bin/env bash
# The one system package that tests want: a browser. As root on Debian it is installed; elsewhere the tests marked
# "browser" skip themselves with a reason, unless CI=true, where a missing browser is a failure.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
why="no chromium here: apt-get install chromium"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "  chromium             missing: installing it with apt-get"
    mkdir -p "$HOME_FOLDER/log"
    if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium fonts-dejavu-core; } \
        >"$HOME_FOLDER/log/apt.log" 2>&1; then
        exit 0
    fi
    why="apt-get could not install chromium; see $HOME_FOLDER/log/apt.log"
fi
if [ "${CI:-}" = true ]; then die "$why"; fi
say "  chromium             $why; browser tests will be skipped"
