#!/usr/bin/env bash
# What it takes to read a document of 13 MB: GitHub's, which tests/documents/fetch fetches.
#
#   reading.sh PROGRAM [RUNS]
#
# `plugin refresh github` with an empty cache, against a development host (found beside PROGRAM) on this machine, which passes
# on what a server of files has: the download, reading it, and keeping 1,223 commands in the index. Each run says its time by
# the clock, the processor time of the program alone, and the most memory it had.
set -euo pipefail

fail() { echo "reading: $*" >&2; exit 1; }

here=$(dirname "$(readlink -f "$0")")
program=$(readlink -f "${1:?a program is needed}") runs=${2:-7}
document=$here/../target/documents/github.json
[ -e "$document" ] || fail "no $document: run tests/documents/fetch"
time=$(command -v time) || fail 'needs GNU time (Debian: apt-get install time)'
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

mkdir -p "$work/home" "$work/files" "$work/plugins/github"
cp "$document" "$work/files/openapi.json"
cat >"$work/plugins/github/manifest.yaml" <<YAML
apiVersion: extensions.openeverest.io/v1alpha1
kind: Plugin
metadata: { name: github }
spec:
  displayName: GitHub
  version: 0.1.0
  backend: { serviceRef: { namespace: everest-system, name: github, port: 80 } }
YAML
cat >"$work/plugins/github/host.yaml" <<YAML
command: [sh, -c, 'cd "\$0" && exec python3 -m http.server --bind 127.0.0.1 "\$PORT"', $work/files]
YAML
cat >"$work/each" <<'SH'
for ((run = 0; run < $3; run++)); do
  rm -rf "${EVERESTCTL_CACHE_DIR:?}"/*
  "$2" -f '%e s, %U s and %S s of the processor, %M KiB' "$1" plugin refresh github >/dev/null
done
SH

env -i HOME="$work/home" PATH="$PATH" CI=1 "$program" host exec --plugins "$work/plugins" -- \
  bash "$work/each" "$program" "$time" "$runs" 2>&1
