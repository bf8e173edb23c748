#!/usr/bin/env bash
# How the work of a command grows with what is known, and with PATH: system calls, page faults and instructions, which a busy
# machine does not change much. Prints two tables.
#
#   scale.sh PROGRAM [COUNT…]
#
# COUNT is a number of Plugin resources in a cluster, each one a command (1000 10000 100000). Debian: strace valgrind python3.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
(($#)) || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2; }
program=$(readlink -f "$1") && shift
(($#)) || set -- 1000 10000 100000

work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT

system=/usr/bin:/bin
mkdir "$work/tools"
printf '#!/bin/sh\n' >"$work/tools/everestctl-noop"
chmod +x "$work/tools/everestctl-noop"

# In CI nothing is refreshed in the background.
clean() { env -i CI=1 HOME="$work/home" PATH="$path" KUBECONFIG="$work/kubeconfig" "$@"; }

# The system calls up to the end, or up to the plugin.
calls() {
  clean strace -o "$work/strace" "$program" "$@" >/dev/null 2>&1 </dev/null || true
  awk '/^execve\(/ && NR > 1 { exit } { count++ } END { print count }' "$work/strace"
}

# The instructions, in millions.
instructions() {
  clean valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 >/dev/null </dev/null |
    awk '/Collected/ { printf "%.1f", $NF / 1000000 }'
}

# The largest resident size, in MiB.
memory() {
  clean "$(command -v time)" -f %M -o "$work/peak" "$program" "$@" >/dev/null 2>&1 </dev/null || true
  awk 'END { printf "%.1f", $1 / 1024 }' "$work/peak"
}

commands=('--version' '--help' '__complete p' '--offline nosuch' 'plugin list --offline')

# A row for each command.
# shellcheck disable=SC2016 # the backquotes are Markdown's
rows() {
  local command words
  for command in "${commands[@]}"; do
    read -ra words <<<"$command"
    printf '| %s | `%s` | %s | %s | %s |\n' "$1" "$command" "$(calls "${words[@]}")" "$(instructions "${words[@]}")" \
      "$(memory "${words[@]}")"
  done
  printf '| %s | `noop` | %s | | %s |\n' "$1" "$(calls noop)" "$(memory noop)"
}

path=$work/tools:$system
printf '| commands of a cluster | command | calls | million instructions | MiB |\n| ---: | --- | ---: | ---: | ---: |\n'
for count in "$@"; do
  rm -rf "${work:?}/home" && mkdir -p "$work/home"
  coproc SERVER { exec python3 "$here/servers.py" cluster "$count"; }
  server=$SERVER_PID
  read -r port <&"${SERVER[0]}"
  cat >"$work/kubeconfig" <<YAML
current-context: it
clusters: [{ name: it, cluster: { server: 'http://127.0.0.1:$port' } }]
users: [{ name: it, user: {} }]
contexts: [{ name: it, context: { cluster: it, user: it } }]
YAML
  found=$(clean "$program" --request-timeout 60s plugin list --source cluster -o name | wc -l)
  ((found == count)) || { echo "scale: $found of $count commands are known" >&2 && exit 1; }
  rows "$count"
  printf '| %s | index, bytes | | | %s |\n' "$count" "$(find "$work/home" -path '*everestctl*' -type f -printf '%s\n' | sort -n | tail -n 1)"
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
done

printf '\n| folders of 1,000 files | command | calls | million instructions | MiB |\n| ---: | --- | ---: | ---: | ---: |\n'
rm -rf "${work:?}/home" "$work/kubeconfig" && mkdir -p "$work/home"
path=$work/tools:$system made=0
for folders in 0 50 100 200; do
  for ((; made < folders; made++)); do
    mkdir -p "$work/path/$made"
    (cd "$work/path/$made" && touch tool-{0001..1000})
    path=$work/path/$made:$path
  done
  clean "$program" plugin list >/dev/null
  rows "$folders"
done
