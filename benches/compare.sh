#!/usr/bin/env bash
# Compares everestctl with git, cargo and kubectl, as ratios in one run on one machine.
#
#   compare.sh [--rounds N] [--runs N] [--only GROUP[,GROUP…]] [--write]
#
# Groups: dispatch ways version help tab unknown long-path config memory proxy tls stream large-document sql container
# cluster.
# What a machine lacks is left out, by name. `cluster` needs KUBEBUILDER_ASSETS (tests/kube/assets makes it), `sql` a
# PostgreSQL with psql and pgbench.
#
# Builds two binaries: `cargo build --release --workspace`, called plain, and the same with EVERESTCTL_PIE=1 (build.rs),
# called PIE, in a target folder of its own. PLAIN and PIE name ready ones instead, BACKEND that of the SQL explorer.
# With PIE=none there is only one.
# The development host is found beside PLAIN. BEFORE names an older binary, which is then measured in the same rounds, with a
# HOME of its own: it may not read the index of the newer one.
#
# Every command of a group takes its turn in every round, so that a busy moment strikes all of them. The table holds the
# median of the rounds' medians, and the median of the rounds' ratios to the group's first command with the smallest and
# the largest. --write puts the table into README.md, too, in the place of the last one.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
rounds=25 runs=10 write='' only=dispatch,ways,version,help,tab,unknown,long-path,config,memory,proxy,tls,stream,large-document,sql,container,cluster
while (($#)); do
  case $1 in
    --rounds) rounds=$2 && shift 2 ;;
    --runs) runs=$2 && shift 2 ;;
    --only) only=$2 && shift 2 ;;
    --write) write=1 && shift ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
done

say() { echo "compare: $*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null; }
wanted() { [[ ,$only, == *",$1,"* ]]; }

for tool in hyperfine git cc python3; do
  has "$tool" || fail "needs $tool (Debian: apt-get install hyperfine git gcc python3)"
done

# --- what is compared -----------------------------------------------------------------------------------------------

build() { # VARIABLE PROGRAM ENVIRONMENT… -- ARGUMENTS…
  local -n binary=$1
  [ -z "${binary:-}" ] || return 0
  local program=$2
  shift 2
  local environment=()
  while [ "$1" != -- ]; do environment+=("$1") && shift; done
  shift
  say "building: ${environment[*]} cargo build --release --workspace"
  binary=$(env "${environment[@]}" cargo build --release --workspace --quiet --manifest-path "$here/../Cargo.toml" \
    --message-format json-render-diagnostics "$@" |
    sed -n 's/.*"executable":"\([^"]*\/'"$program"'\)".*/\1/p' | tail -n 1)
  [ -x "$binary" ] || fail 'cargo names no binary'
}

build PLAIN everestctl --
[ "${PIE:-}" = none ] || build PIE everestctl EVERESTCTL_PIE=1 -- --target-dir "$here/../target/compare"

work=$(mktemp -d)
proxy='' proxy_host='' large_host='' sql_host='' postgres=''
declare -A input=() output=()
finish() {
  [ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true
  [ -z "$proxy_host" ] || kill "$proxy_host" 2>/dev/null || true
  [ -z "$sql_host" ] || kill "$sql_host" 2>/dev/null || true
  [ -z "$large_host" ] || kill "$large_host" 2>/dev/null || true
  [ -z "$postgres" ] || kill -INT "$postgres" 2>/dev/null || true
  local pipe
  for pipe in "${input[@]}"; do exec {pipe}>&-; done
  wait
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

home=$work/home
mkdir -p "$home"/{.local/bin,.config/everest,go/bin} "$work"/{tools,times}
ln -s "$PLAIN" "$work/plain"
binaries=(plain)
[ "$PIE" = none ] || { binaries+=(pie) && ln -s "$PIE" "$work/pie"; }
BEFORE=${BEFORE:-} home_before=$work/home-before
[ -z "$BEFORE" ] || ln -s "$BEFORE" "$work/before"
path=$home/.local/bin:$home/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$work/tools
extra=() prepare=()

# Linked statically, so that the plugin itself costs as little as a process can.
echo 'int main(void) { return 0; }' >"$work/noop.c"
cc -O2 -static -o "$work/tools/everestctl-noop" "$work/noop.c"
for host in git cargo kubectl; do ln "$work/tools/everestctl-noop" "$work/tools/$host-noop"; done

# The same as a native library. What it says of itself is known after the first run.
folder=$home/.local/share/everestctl/plugins
mkdir -p "$folder"
cc -O2 -shared -fPIC -I"$here/../plugins/protocol/include" -o "$folder/libeverestctl_still.so" "$here/still.c"

# The same as an installed package.
mkdir -p "$work/package"
cp "$work/tools/everestctl-noop" "$work/package/fixed"
printf 'name: fixed\nversion: 1\nplatforms: {any: {file: fixed}}\n' >"$work/package/everestctl-plugin.yaml"
env -i HOME="$home" PATH="$path" "$PLAIN" plugin install --yes --quiet "$work/package"

git=$(command -v git)
# Not the rustup proxy: it would be measured too.
cargo=
has rustc && cargo=$(rustc --print sysroot)/bin/cargo
[ -x "$cargo" ] || cargo=$(command -v cargo)
kubectl=$(command -v kubectl || true)
# Not the one of the Google Cloud CLI that looks for the right kubectl: it would be measured too.
if [ -n "$kubectl" ]; then
  versions=("$(dirname "$(readlink -f "$kubectl")")"/kubectl.1.*)
  [ ! -x "${versions[-1]}" ] || kubectl=${versions[-1]}
fi
[ -n "$kubectl" ] || say 'no kubectl: left out'

# --- measuring ------------------------------------------------------------------------------------------------------

clean() { env -i HOME="$home" PATH="$path" "${extra[@]}" "$@"; }

# The same for the older binary.
clean_before() { env -i HOME="$home_before" PATH="$path" "${extra[@]}" "$@"; }

# Times commands side by side, once in every round. Those of the plain binary are timed with the older one, too.
compare() { # GROUP LABEL COMMAND [LABEL COMMAND]…
  local group=$1 arguments=() before=()
  shift
  while (($#)); do
    [ -z "$2" ] || [[ $PIE == none && ${2%% *} == "$work/pie" ]] || arguments+=(--command-name "$1" "$2")
    # An older one may know neither libraries, packages nor containers.
    [[ -z $BEFORE || ${2%% *} != "$work/plain" || $group == @(ways|container) ]] ||
      before+=(--command-name "${1/(plain)/(before)}" "$work/before ${2#* }")
    shift 2
  done
  timed clean "$work/times/$group.$round" "${arguments[@]}"
  [ ${#before[@]} != 0 ] || return 0
  timed clean_before "$work/times/before" "${before[@]}"
  sed 1d "$work/times/before" >>"$work/times/$group.$round"
}

timed() { # ENVIRONMENT FILE ARGUMENTS…
  "$1" "$(command -v hyperfine)" --shell none --ignore-failure --warmup 1 --runs "$runs" --style none \
    --export-csv "$2" "${prepare[@]}" "${@:3}" >/dev/null 2>&1 </dev/null
}

row() { printf '| %s | %s | %s | %s | %s |\n' "$@"; }

# One row for each command of a group, from all rounds.
report() { # GROUP TITLE
  awk -F, -v title="$2" '
    function median(values, count,   i, j, value) {
      for (i = 2; i <= count; i++) {
        value = values[i]
        for (j = i - 1; j > 0 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
      }
      smallest = values[1]; largest = values[count]
      return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
    }
    FNR == 1 { next }
    FNR == 2 { first = $4 }
    { if (!($1 in seen)) { order[++labels] = $1; seen[$1] = 0 }
      n = ++seen[$1]; times[$1, n] = $4; ratios[$1, n] = $4 / first }
    END {
      for (label = 1; label <= labels; label++) {
        name = order[label]; n = seen[name]
        for (i = 1; i <= n; i++) { t[i] = times[name, i]; r[i] = ratios[name, i] }
        time = median(t, n) * 1000; ratio = median(r, n)
        spread = label == 1 ? "" : sprintf("%.2f–%.2f", smallest, largest)
        printf "| %s | %s | %.2f | %.2f | %s |\n", label == 1 ? title : "", name, time, ratio, spread
      }
    }' "$work/times/$1".*
}

# How many bytes a second each command of a group has moved, and that as a ratio to the first one.
rates() { # GROUP MEGABYTES
  awk -F, -v megabytes="$2" '
    FNR == 1 { next }
    { if (!($1 in time)) order[++labels] = $1; time[$1] += $4; count[$1]++ }
    END {
      for (label = 1; label <= labels; label++) {
        rate = megabytes * 1048576 * count[order[label]] / time[order[label]]
        if (label == 1) first = rate
        printf "| %s | %s | %.0f bytes/s | %.2f | |\n", label == 1 ? "… bytes a second" : "", order[label], rate, rate / first
      }
    }' "$work/times/$1".*
}

# The largest resident size of a command in KiB. It outlives exec: of a dispatch it is that of everestctl, as long as the
# plugin and GNU time, from which it is inherited too, are smaller.
peak() {
  local cleared=clean
  [ "$1" != "$work/before" ] || cleared=clean_before
  "$cleared" "$(command -v time)" -f %M -o "$work/peak" "$@" >/dev/null 2>&1 </dev/null || true
  tail -n 1 "$work/peak"
}

# Starts a server that ends with its input; what it says first is in $said.
serve() { # NAME COMMAND…
  local name=$1 to from
  shift
  mkfifo "$work/$name.in" "$work/$name.out"
  "$@" <"$work/$name.in" >"$work/$name.out" &
  exec {to}>"$work/$name.in" {from}<"$work/$name.out"
  input[$name]=$to output[$name]=$from
  read -r said <&"$from" || fail "$name did not start"
}

# --- the load -------------------------------------------------------------------------------------------------------

plugins=$home/.local/share/everestctl/plugins
mkdir -p "$plugins"
for number in {01..50}; do
  ln "$work/tools/everestctl-noop" "$plugins/everestctl-local-$number"
  printf 'summary: Shows what plugin %s finds\nversion: 1.2.3\n' "$number" >"$plugins/everestctl-local-$number.yaml"
done

serve plugins "$here/servers.py" plugins 1000
known=(EVEREST_HOST="http://127.0.0.1:$said" EVEREST_TOKEN=none)
# A list is enough: to ask a thousand plugins what they offer takes a while.
extra=("${known[@]}" CI=1)
if [ -n "$BEFORE" ]; then
  cp -r "$home" "$home_before"
  clean_before "$work/before" plugin list >/dev/null
fi
clean "$work/plain" plugin list >/dev/null
found=$(clean "$work/plain" plugin list --offline -o name | wc -l)
((found >= 1051)) || fail "knows $found commands, not 1051"
extra=()

if wanted config; then
  serve silent "$here/servers.py" silent
  mkdir -p "$work/home-silent/.config/everest"
  cat >"$work/home-silent/.config/everest/config.yaml" <<YAML
apiVersion: config.openeverest.io/v1alpha1
kind: ClientConfig
currentContext: dana@silent
contexts:
  - name: dana@silent
    context:
      server: silent
      user: dana@silent
servers:
  - name: silent
    server:
      url: http://127.0.0.1:$said
users:
  - name: dana@silent
    user:
      accessToken: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJkYW5hIn0.c2lnbmF0dXJl
      refreshToken: everest_rt_0123456789abcdef
      expiresAt: 2026-10-01T09:15:00.123456789Z
YAML
fi

# Starts a development host, whose process is $host_pid, and signs in to it in the file NAME.yaml; reads on until it has said
# the last of what it says first. Its address is $url then, and the password of its admin $password.
host() { # NAME LAST ARGUMENTS…
  local name=$1 last=$2 said log ready=''
  password=
  shift 2
  mkfifo "$work/$name"
  "$work/plain" host run --listen 127.0.0.1:0 "$@" 2>"$work/$name" &
  host_pid=$!
  exec {log}<"$work/$name"
  while read -r said <&"$log"; do
    case $said in
      'listening on '*) url=${said#listening on } ;;
      'sign in as admin with the password '*) password=${said#*the password } && password=${password%% *} ;;
    esac
    [[ $said != "$last"* ]] || ready=1
    [ -z "$ready" ] || [ -z "$password" ] || break
  done
  cat <&"$log" >/dev/null &
  sign_in "$name" "$url"
}

# Signs in as admin in the file NAME.yaml.
sign_in() { # NAME ADDRESS ARGUMENTS…
  extra=(EVEREST_CONFIG="$work/$1.yaml")
  echo "$password" | clean "$work/plain" auth login --server "$2" --username admin --password-stdin -q "${@:3}"
  clean "$work/plain" plugin refresh >/dev/null
  [ -z "$BEFORE" ] || clean_before "$work/before" plugin refresh >/dev/null
}

# The development host, a request to the plugin in it that answers at once, and a large body of another plugin.
if wanted proxy || wanted tls || wanted stream; then
  curl=$(command -v curl) || fail 'needs curl (Debian: apt-get install curl)'
  megabytes=100
  serve blob "$here/servers.py" blob $((megabytes << 20))
  mkdir -p "$work/manifests/blob"
  echo "url: http://127.0.0.1:$said" >"$work/manifests/blob/host.yaml"
  cat >"$work/manifests/blob/manifest.yaml" <<YAML
apiVersion: extensions.openeverest.io/v1alpha1
kind: Plugin
metadata: { name: blob }
spec:
  displayName: Blob
  version: 0.1.0
  backend: { serviceRef: { namespace: everest-system, name: blob, port: 80 } }
YAML
  host proxy 'sign in as admin' --plugins "$work/manifests"
  proxy_host=$host_pid
  bearer="authorization: Bearer $(clean "$work/plain" auth token)"
  greet=$url/v1/clusters/main/plugins/hello/api/greet/Ada
  blob=$url/v1/clusters/main/plugins/blob/api/blob
  extra=()
fi

# The same host behind TLS, with a certificate of its own authority.
if wanted tls; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
    -addext basicConstraints=CA:FALSE -addext subjectAltName=IP:127.0.0.1 -keyout "$work/tls.key" -out "$work/tls.pem" 2>/dev/null
  serve tls "$here/servers.py" tls "${url##*:}" "$work/tls.pem" "$work/tls.key"
  tls_url=https://127.0.0.1:$said
  sign_in tls "$tls_url" --ca-file "$work/tls.pem"
  tls_bearer="authorization: Bearer $(clean "$work/plain" auth token)"
  extra=()
fi

# Two plugins that differ in the number of their commands.
if wanted large-document; then
  for commands in 10 1500; do
    serve "document-$commands" "$here/servers.py" document "$commands"
    mkdir -p "$work/documents/of-$commands"
    echo "url: http://127.0.0.1:$said" >"$work/documents/of-$commands/host.yaml"
    cat >"$work/documents/of-$commands/manifest.yaml" <<YAML
apiVersion: extensions.openeverest.io/v1alpha1
kind: Plugin
metadata: { name: of-$commands }
spec:
  displayName: Commands
  version: 0.1.0
  backend: { serviceRef: { namespace: everest-system, name: commands, port: 80 } }
YAML
  done
  host large 'sign in as admin' --plugins "$work/documents"
  large_host=$host_pid
  extra=()
fi

# The SQL explorer in front of a PostgreSQL of its own with five million rows.
has_sql=
if wanted sql; then
  server=$(command -v postgres || true)
  [ -n "$server" ] || for server in /usr/lib/postgresql/*/bin/postgres; do :; done
  # Not Debian's wrapper, which is a script: it would be measured too.
  for psql in /usr/lib/postgresql/*/bin/psql; do :; done
  [ -x "$psql" ] || psql=$(command -v psql || true)
  if [ -x "$server" ] && [ -n "$psql" ] && has pgbench; then has_sql=1; else
    say 'no PostgreSQL: sql is left out (Debian: apt-get install postgresql)'
  fi
fi
if [ -n "$has_sql" ]; then
  build BACKEND plugin-sql --
  mkdir -p "$work/pg" "$work/plugins/sql"
  unprivileged=()
  if [ "$(id -u)" = 0 ]; then
    # A server that root runs is no server.
    chmod 755 "$work" && chown nobody "$work/pg"
    unprivileged=(setpriv --reuid nobody --clear-groups)
  fi
  echo secret >"$work/secret" && chmod 644 "$work/secret"
  (cd / && "${unprivileged[@]}" "$(dirname "$(readlink -f "$server")")/initdb" --username admin --auth scram-sha-256 \
    --pwfile "$work/secret" --no-sync -D "$work/pg/data" >/dev/null)
  (cd / && exec "${unprivileged[@]}" "$server" -D "$work/pg/data" -k "$work/pg" -c listen_addresses= -c fsync=off \
    >/dev/null 2>&1) &
  postgres=$!
  connection=(PGHOST="$work/pg" PGUSER=admin PGPASSWORD=secret PGDATABASE=postgres)
  until env "${connection[@]}" psql -c 'select 1' >/dev/null 2>&1; do sleep 0.1; done
  env "${connection[@]}" pgbench -i -q -s 50 -I dtg --unlogged-tables >/dev/null 2>&1
  cp "$here/../plugins/sql/manifest.yaml" "$work/plugins/sql"
  echo "command: ['$BACKEND']" >"$work/plugins/sql/host.yaml"
  cat >"$work/instances.yaml" <<YAML
instances:
  - { name: shop, host: '$work/pg', port: 5432, username: admin, password: secret }
YAML
  host sql 'sql: ready' --plugins "$work/plugins" --instances "$work/instances.yaml"
  sql_host=$host_pid
  sql_commands=(EVEREST_CONFIG="$work/sql.yaml" CI=1 "${connection[@]}")
  at='--instance shop --namespace everest --database postgres'
  extra=()
fi

# An image that does nothing, and what everestctl asks podman for to run it.
has_containers=
if wanted container; then
  if podman=$(command -v podman) && has runc && has catatonit; then has_containers=1; else
    say 'no podman: containers are left out (Debian: apt-get install podman runc catatonit)'
  fi
fi
if [ -n "$has_containers" ]; then
  images=$work/images
  mkdir -p "$images"/{root,tools}
  cp "$work/tools/everestctl-noop" "$images/root/program"
  # No control group and no network of its own: neither is to be had everywhere.
  cat >"$images/containers.conf" <<'TOML'
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
TOML
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$images/graph" "$images/state" >"$images/storage.conf"
  serve images "$here/servers.py" cluster 1 localhost/nothing:1
  cat >"$images/kubeconfig" <<YAML
current-context: it
clusters: [{ name: it, cluster: { server: 'http://127.0.0.1:$said' } }]
users: [{ name: it, user: {} }]
contexts: [{ name: it, context: { cluster: it, user: it } }]
YAML
  containers=(CONTAINERS_CONF="$images/containers.conf" CONTAINERS_STORAGE_CONF="$images/storage.conf" KUBECONFIG="$images/kubeconfig"
    EVERESTCTL_CACHE_DIR="$images/cache" CI=1)
  cat >"$images/tools/podman" <<BASH
#!/bin/bash
[ "\$1" != run ] || printf '%q ' "\$@" >$images/arguments
exec $podman "\$@"
BASH
  chmod +x "$images/tools/podman"
  extra=("${containers[@]}")
  tar -C "$images/root" -c . | clean "$podman" import --quiet --change 'ENTRYPOINT ["/program"]' - localhost/nothing:1 >/dev/null
  clean "$work/plain" plugin refresh --source cluster >/dev/null
  short=$path path=$images/tools:$path
  clean "$work/plain" plugin-0000
  path=$short extra=()
fi

if wanted long-path; then
  long=
  for folder in {01..40}; do
    mkdir -p "$work/long/$folder"
    (cd "$work/long/$folder" && touch tool-{0001..1000})
    long+=$work/long/$folder:
  done
fi

# --- the rounds -----------------------------------------------------------------------------------------------------

for ((round = 1; round <= rounds; round++)); do
  say "round $round of $rounds"
  ! wanted dispatch || compare dispatch \
    'git noop' "$git noop" \
    'everestctl noop (plain)' "$work/plain noop" \
    'everestctl noop (PIE)' "$work/pie noop" \
    'cargo noop' "${cargo:+$cargo noop}" \
    'kubectl noop' "${kubectl:+$kubectl noop}" \
    'the plugin itself' "$work/tools/everestctl-noop"
  ! wanted ways || compare ways \
    'an executable (plain)' "$work/plain noop" \
    'a library (plain)' "$work/plain still" \
    'an installed executable (plain)' "$work/plain fixed" \
    'an executable (PIE)' "$work/pie noop" \
    'a library (PIE)' "$work/pie still"
  ! wanted version || compare version \
    'git --version' "$git --version" \
    'everestctl --version (plain)' "$work/plain --version" \
    'everestctl --version (PIE)' "$work/pie --version" \
    'cargo --version' "${cargo:+$cargo --version}"
  extra=("${known[@]}")
  ! wanted help || compare help \
    'git --list-cmds=others' "$git --list-cmds=others" \
    'everestctl --help (plain)' "$work/plain --help" \
    'everestctl --help (PIE)' "$work/pie --help"
  ! wanted tab || compare tab \
    'git --list-cmds=others' "$git --list-cmds=others" \
    'everestctl __complete p (plain)' "$work/plain __complete p" \
    'everestctl __complete p (PIE)' "$work/pie __complete p"
  ! wanted unknown || compare unknown \
    'git nosuch' "$git nosuch" \
    'everestctl --offline nosuch (plain)' "$work/plain --offline nosuch" \
    'everestctl --offline nosuch (PIE)' "$work/pie --offline nosuch" \
    'cargo nosuch' "${cargo:+$cargo nosuch}" \
    'kubectl nosuch' "${kubectl:+$kubectl nosuch}"
  extra=()
  if wanted long-path; then
    short=$path path=$long$path
    compare long-path \
      'git noop' "$git noop" \
      'everestctl noop (plain)' "$work/plain noop" \
      'everestctl noop (PIE)' "$work/pie noop" \
      'kubectl noop' "${kubectl:+$kubectl noop}"
    path=$short
  fi
  if wanted proxy; then
    extra=(EVEREST_CONFIG="$work/proxy.yaml" CI=1)
    compare proxy \
      'curl' "$curl --silent --noproxy * --header '$bearer' $greet" \
      'everestctl hello greet Ada (plain)' "$work/plain hello greet Ada" \
      'everestctl hello greet Ada (PIE)' "$work/pie hello greet Ada"
    extra=()
  fi
  if wanted tls; then
    extra=(EVEREST_CONFIG="$work/tls.yaml" CI=1)
    compare tls \
      'curl' "$curl --silent --noproxy * --cacert $work/tls.pem --header '$tls_bearer' ${greet/"$url"/"$tls_url"}" \
      'everestctl hello greet Ada (plain)' "$work/plain hello greet Ada" \
      'everestctl hello greet Ada (PIE)' "$work/pie hello greet Ada"
    extra=()
  fi
  if [ -n "$has_sql" ]; then
    extra=("${sql_commands[@]}")
    compare sql \
      'psql' "$psql -c 'select 1'" \
      'everestctl sql query (plain)' "$work/plain sql query 'select 1' $at" \
      'everestctl sql query (PIE)' "$work/pie sql query 'select 1' $at"
    # Each takes seconds, and none has to wait for the disk to take what the one before it has written.
    prepare=(--prepare sync)
    runs=1 compare sql-export \
      'psql' "$psql -c '\\copy pgbench_accounts to $work/copied csv header'" \
      'everestctl sql export (plain)' "$work/plain sql export 'table pgbench_accounts' $at --output-file $work/exported"
    prepare=() extra=()
  fi
  if wanted stream; then
    extra=(EVEREST_CONFIG="$work/proxy.yaml" CI=1)
    compare stream \
      'curl' "$curl --silent --noproxy * --header '$bearer' --output /dev/null $blob" \
      'everestctl blob get --output-file /dev/null (plain)' "$work/plain blob get --output-file /dev/null -q" \
      'everestctl blob get --output-file /dev/null (PIE)' "$work/pie blob get --output-file /dev/null -q" \
      'everestctl blob get -o raw (PIE)' "$work/pie blob get -o raw"
    extra=()
  fi
  if [ -n "$has_containers" ]; then
    extra=("${containers[@]}")
    compare container \
      'podman run' "$podman $(cat "$images/arguments")" \
      'everestctl (plain)' "$work/plain plugin-0000"
    extra=()
  fi
  if wanted large-document; then
    extra=(EVEREST_CONFIG="$work/large.yaml" CI=1)
    for binary in "${binaries[@]}"; do
      compare "large-document-$binary" \
        "one of 10 commands ($binary)" "$work/$binary of-10 group0 get 7 --dry-run" \
        "one of 1500 commands ($binary)" "$work/$binary of-1500 group99 get 7 --dry-run"
      compare "large-document-tab-$binary" \
        "TAB below one of 10 commands ($binary)" "$work/$binary __complete of-10 group0 get --f" \
        "TAB below one of 1500 commands ($binary)" "$work/$binary __complete of-1500 group99 get --f"
    done
    extra=()
  fi
  if wanted config; then
    extra=(XDG_CONFIG_HOME="$work/home-silent/.config")
    compare config \
      'git noop' "$git noop" \
      'everestctl noop (plain)' "$work/plain noop" \
      'everestctl noop (PIE)' "$work/pie noop"
    extra=()
  fi
done

# --- the table ------------------------------------------------------------------------------------------------------

exec 3>&1 > >(tee "$work/table" >&3)
printed=$!
say "everestctl $(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo 'of no repository')," \
  "$(nproc) CPUs, $rounds rounds of $runs runs, $(git --version)${cargo:+, $("$cargo" --version)}"
row what command 'median, ms' ratio 'ratio by round'
row --- --- ---: ---: ---:
! wanted dispatch || report dispatch 'dispatch of a plugin that does nothing'
! wanted ways || report ways 'dispatch of a plugin that does nothing in other ways'
! wanted config || report config '… signed in to a server that never answers'
! wanted long-path || report long-path '… behind 40 folders of 1,000 files on PATH'
! wanted version || report version 'the version'
! wanted unknown || report unknown 'no such command, 50 local and 1,000 server commands known'
! wanted proxy || report proxy 'a request to a plugin through the API proxy, its commands known'
! wanted tls || report tls '… with TLS'
[ -z "$has_sql" ] || report sql 'select 1 in a PostgreSQL, through the API proxy and the SQL explorer'
[ -z "$has_sql" ] || report sql-export '… 5 million rows to a file'
! wanted stream || report stream "a download of $megabytes MiB through the API proxy"
! wanted stream || rates stream "$megabytes"
[ -z "$has_containers" ] || report container 'a container of an image that does nothing'
for binary in "${binaries[@]}"; do
  ! wanted large-document || report "large-document-$binary" 'a command of a plugin, not sent'
  ! wanted large-document || report "large-document-tab-$binary" 'TAB for its flags'
done
! wanted help || report help 'the help, the same known'
! wanted tab || report tab 'TAB, the same known'

# --- memory ---------------------------------------------------------------------------------------------------------

has_time=$(command -v time || true)
[ -n "$has_time" ] || say 'no GNU time: memory is left out (Debian: apt-get install time)'

# The median peaks of commands.
memory() { # TITLE TIMES LABEL COMMAND [LABEL COMMAND]…
  local title=$1 times=$2 first='' peak words
  shift 2
  [ -n "$has_time" ] || return 0
  while (($#)); do
    read -ra words <<<"$2"
    [ -e "${words[0]}" ] || { shift 2 && continue; }
    peak=$(for ((i = 0; i < times; i++)); do peak "${words[@]}"; done | sort -n | sed -n "$((times / 2 + 1))p")
    first=${first:-$peak}
    row "$title" "$1" "$peak KiB" "$(awk "BEGIN { printf \"%.2f\", $peak / $first }")" ''
    title=
    shift 2
  done
}

! wanted memory || memory 'peak memory of that dispatch' 15 \
  'git noop' "$git noop" \
  'everestctl noop (plain)' "$work/plain noop" \
  'everestctl noop (PIE)' "$work/pie noop" \
  'everestctl noop (before)' "$work/before noop"

# What the highest was that a process had.
highest() { # PID
  sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1 KiB/p' "/proc/$1/status"
}

# The process that runs a program.
process_of() { # PROGRAM
  local process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/exe")" != "$1" ] || echo "${process#/proc/}"
  done
}

if [ -n "$has_sql" ] && [ -n "$has_time" ]; then
  extra=("${sql_commands[@]}")
  read -ra place <<<"$at"
  rows="select generate_series(1, 10000000) as id, repeat('x', 80) as text"
  row 'peak memory of ten million rows' 'everestctl sql query --all -o jsonl (plain)' \
    "$(peak "$work/plain" sql query "$rows" --all -o jsonl "${place[@]}") KiB" '' ''
  row '' 'the host, after that' "$(highest "$sql_host")" '' ''
  row '' 'the backend, after that' "$(highest "$(process_of "$(readlink -f "$BACKEND")")")" '' ''
  extra=()
fi

# --- the cluster ----------------------------------------------------------------------------------------------------

api=apis/extensions.openeverest.io/v1alpha1/plugins

# Makes the resources with the numbers FIRST to LAST, over a few connections that stay open.
create() { # FIRST LAST
  local number
  for ((number = $1; number <= $2; number++)); do
    cat >"$work/resources/$number" <<JSON
{"apiVersion": "extensions.openeverest.io/v1alpha1", "kind": "Plugin", "metadata": {"name": "plugin-$number"},
 "spec": {"displayName": "Plugin $number", "version": "1.2.3", "vendor": "Example",
  "description": "Shows what it finds in the databases of a namespace, and what to do about it",
  "backend": {"serviceRef": {"namespace": "everest-system", "name": "plugin-$number", "port": 8080}}}}
JSON
    printf '%s\n' next silent show-error fail
    printf '%s = "%s"\n' url "$plain_api/$api" header 'Content-Type: application/json' \
      data "@$work/resources/$number" output /dev/null
  done | sed 1d >"$work/requests"
  curl --no-progress-meter --noproxy '*' --parallel --parallel-max 8 --config "$work/requests"
}

list() { # COUNT RUNS
  local count=$1 runs=$2 all=$rounds found
  local lists=(
    'kubectl get plugins' "$kubectl get plugins --cache-dir $work/cold/kubectl"
    'everestctl plugin list (plain)' "$work/plain plugin list --source cluster"
    'everestctl plugin list (PIE)' "$work/pie plugin list --source cluster"
  )
  local measured=("${lists[@]}" 'everestctl plugin list (before)' "$work/before plugin list --source cluster")
  extra=(KUBECONFIG="$work/plane/kubeconfig" EVERESTCTL_CACHE_DIR="$work/cold/everestctl")
  found=$(clean "$work/plain" plugin list --source cluster -o name | wc -l)
  ((found == count)) || fail "everestctl lists $found of $count resources"
  prepare=(--prepare "rm -rf $work/cold")
  for ((round = 1; round <= all; round++)); do
    say "$count resources, round $round of $all"
    compare "cluster-$count" "${lists[@]}"
  done
  prepare=()
  report "cluster-$count" "list of $count plugins of a cluster, nothing known before"
  memory '… peak memory' 5 "${measured[@]}"
}

# How many requests a command sends, by a server between it and the API server.
requests() { # TITLE LABEL COMMAND…
  local title=$1 label=$2
  shift 2
  rm -rf "$work/cold"
  clean "$@" >/dev/null
  echo >&"${input[counting]}"
  read -r said <&"${output[counting]}"
  row "$title" "$label" "$said" '' ''
}

if wanted cluster && [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  say 'KUBEBUILDER_ASSETS names no control plane: the cluster is left out'
elif wanted cluster; then
  kubectl=${kubectl:-$KUBEBUILDER_ASSETS/kubectl}
  mkdir "$work/resources"
  serve plane "$here/../tests/kube/control-plane" "$work/plane"
  export KUBECONFIG=$work/plane/kubeconfig
  "$kubectl" apply -f "$here/../tests/kube/crds/extensions.yaml" >/dev/null
  "$kubectl" wait --for condition=Established crd --all >/dev/null
  "$kubectl" proxy --port 0 >"$work/kubectl-proxy" &
  proxy=$!
  until [ -s "$work/kubectl-proxy" ]; do sleep 0.05; done
  plain_api=http://$(sed -n 's/.* on //p' "$work/kubectl-proxy")

  create 1 30
  list 30 10

  serve counting "$here/servers.py" counting "${plain_api##*:}"
  "$kubectl" --kubeconfig "$work/counting" config set-cluster counting --server "http://127.0.0.1:$said" >/dev/null
  "$kubectl" --kubeconfig "$work/counting" config set-context counting --cluster counting >/dev/null
  "$kubectl" --kubeconfig "$work/counting" config use-context counting >/dev/null
  extra=(KUBECONFIG="$work/counting" EVERESTCTL_CACHE_DIR="$work/cold/everestctl")
  requests '… requests' 'kubectl get plugins' "$kubectl" get plugins --cache-dir "$work/cold/kubectl"
  requests '' 'everestctl plugin list' "$work/plain" plugin list --source cluster

  create 31 5000
  rounds=$((rounds < 10 ? rounds : 10))
  list 5000 2
fi

exec >&3 3>&-
wait "$printed" 2>/dev/null || true
if [ -n "$write" ]; then
  awk -v table="$work/table" '
    /^<!-- compare.sh -->$/ { print; print ""; while ((getline line < table) > 0) print line; print ""; inside = 1; next }
    /^<!-- \/compare.sh -->$/ { inside = 0 }
    !inside' "$here/README.md" >"$work/README.md"
  cp "$work/README.md" "$here/README.md"
fi
