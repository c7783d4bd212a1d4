#!/usr/bin/env bash
# An hour of calls through squid, which is restarted meanwhile, cuts idle connections, and learns that the service's address has
# changed; in fewer minutes if clocks run faster.
#
#     soak.sh SERVICE PROGRAM [MINUTES]
#
# SERVICE is soak_service, PROGRAM is soak; MINUTES is 6 by default, in which each stands for ten, and 60 for a real hour; with less than
# 3 squid, which counts seconds, cuts connections too late. Ends with 77, and says why, if squid is not installed.
# shellcheck disable=SC2317 # functions that are called by name
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/support/start_emulator.sh
. "$here/../support/start_emulator.sh"
: "${pid=}" "${tls_port=}" "${ca=}" # which it sets, with service, the pipes of the program
PATH=$PATH:/usr/sbin # of Debian's squid
program=$2
seconds=$((${3:-6} * 60)) # those of the hour
hosts='contoso.services.ai.azure.com gateway.contoso.com login.microsoftonline.com'

if ! command -v squid >/dev/null; then echo "Skipped: squid is not installed"; exit 77; fi
unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
start_emulator "$1" $((300 * seconds / 3600)) # tokens last five minutes of the hour
folder=$(mktemp -d)
proxy_pid=
program_pid=
# shellcheck disable=SC2086 # a number each, or nothing
finish() {
    kill "$pid" $proxy_pid $program_pid 2>/dev/null || true
    wait "$pid" $proxy_pid $program_pid 2>/dev/null || true
    rm -rf "$folder" "$ca"
}
trap finish EXIT
chmod 711 "$folder" # squid changes its user

# A pause with a limit for what has no other sign.
until_true() {
    local tries
    for ((tries = 0; tries != 1500; ++tries)); do
        if "$@"; then return; fi
        sleep 0.02
    done
    echo "never true: $*" >&2
    cat "$folder/squid.log" >&2
    exit 1
}

# write_hosts ADDRESS
write_hosts() { printf '127.0.0.1 localhost\n%s %s\n' "$1" "$hosts" >"$folder/hosts"; }

# Idle tunnels are cut after four minutes of the hour, as Azure cuts connections.
write_configuration() {
    cat >"$folder/squid.conf" <<SQUID
http_port 127.0.0.1:$proxy_port
hosts_file $folder/hosts
read_timeout $((240 * seconds / 3600)) seconds
pid_filename none
cache deny all
cache_mem 0 MB
memory_pools off
access_log none
cache_log /dev/null
cache_store_log none
coredump_dir $folder
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
max_filedescriptors 1024
acl service port $tls_port
http_access deny !service
http_access allow all
SQUID
}

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$proxy_port") 2>/dev/null; }
# has_accepted COUNT: whether squid has said so often that it listens
has_accepted() { [ "$(grep -c 'Accepting HTTP Socket connections' "$folder/squid.log")" -ge "$1" ]; }
is_gone() { ! kill -0 "$proxy_pid" 2>/dev/null; }
listens() { is_gone || { has_accepted 1 && is_open; }; }

# Sets proxy_pid; empty if squid does not run, as if another program has the port.
start_proxy() {
    squid -N -n "foundry$BASHPID" -f "$folder/squid.conf" -d 1 >"$folder/squid.log" 2>&1 3<&- 4>&- &
    proxy_pid=$!
    until_true listens
    if is_gone; then proxy_pid=; fi
}

tell_service() {
    local line
    echo "$*" >&"${service[1]}"
    read -r -u "${service[0]}" line
    echo "$line"
}

# perform ORDER ARGUMENT: answers with a line
perform() {
    case $1 in
    restart)
        kill -s "$2" "$proxy_pid"
        { wait "$proxy_pid"; } 2>/dev/null || true # the shell's words about what was killed
        start_proxy
        [ -n "$proxy_pid" ] || { cat "$folder/squid.log" >&2; exit 1; }
        echo "done" >&4
        ;;
    rotate) tell_service rotate "$2" >&4 ;;
    move) # the old address works on
        tell_service open "$2" >/dev/null
        write_hosts "$2"
        : >"$folder/squid.log"
        kill -s HUP "$proxy_pid"
        until_true has_accepted 1
        echo "done" >&4
        ;;
    leave) tell_service close "$2" >&4 ;;
    tokens) tell_service tokens >&4 ;;
    *) echo "unknown order: $*" >&2; exit 1 ;;
    esac
}

write_hosts 127.0.0.2
for ((try = 0; try != 5; ++try)); do
    proxy_port=$((20000 + RANDOM % 12000)) # below those of outgoing connections
    if is_open; then continue; fi
    write_configuration
    start_proxy
    [ -z "$proxy_pid" ] || break
done
[ -n "$proxy_pid" ] || { cat "$folder/squid.log"; exit 1; }

mkfifo "$folder/orders" "$folder/answers"
# Without its cache for each thread, glibc counts exactly what is allocated.
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$program" "http://127.0.0.1:$proxy_port" "$tls_port" "$ca" "$seconds" \
    <"$folder/answers" >"$folder/orders" &
program_pid=$!
exec 4>"$folder/answers" 3<"$folder/orders"
while IFS= read -r line <&3; do
    case $line in
    order:*) read -r _ order argument <<<"$line"; perform "$order" "$argument" ;;
    *) echo "$line" ;;
    esac
done
status=0
wait "$program_pid" || status=$?
program_pid=
exit "$status"
