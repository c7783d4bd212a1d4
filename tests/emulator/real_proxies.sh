#!/usr/bin/env bash
# Leads a program to the emulator through real proxies: squid and tinyproxy, each without and with credentials, and squid over
# TLS.
#
# Usage: real_proxies.sh EMULATOR PROGRAM CHAT
#
# CHAT is the example of that name. The script calls PROGRAM PROXY_URL PORT CA_FILE, which has to ask https://contoso.services.ai.azure.com:PORT through the proxy, and to end with 0
# after an answer and with 2 if the proxy failed. Ends with 77, and says why, if neither of the proxies is installed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/support/start_emulator.sh
. "$here/../support/start_emulator.sh"
: "${pid=}" "${port=}" "${tls_port=}" "${ca=}" # which it sets
PATH=$PATH:/usr/sbin # of Debian's squid
program=$2
chat=$3
host=contoso.services.ai.azure.com
user=mallory-4711
password=s3cr3t.of-the_proxy
closed_port=1    # nothing listens there
forbidden_port=2 # which the proxies do not connect to

skip() { echo "Skipped: $*"; exit 77; }
fail() { echo "$*"; exit 1; }

ncsa=
for folder in /usr/lib/squid /usr/lib64/squid /usr/libexec/squid; do
    if [ -x "$folder/basic_ncsa_auth" ]; then ncsa=$folder/basic_ncsa_auth; fi
done
installed=
if command -v squid >/dev/null && command -v openssl >/dev/null && [ -n "$ncsa" ]; then installed=squid; fi
if command -v tinyproxy >/dev/null; then installed="${installed:+$installed }tinyproxy"; fi
[ -n "$installed" ] || skip "neither squid (with openssl) nor tinyproxy is installed"

unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
started=()
start_emulator "$1" 0 0 0
folder=$(mktemp -d)
finish() {
    kill "$pid" "${started[@]}" 2>/dev/null || true
    wait "${started[@]}" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
chmod 711 "$folder" # squid changes its user
printf '127.0.0.1 localhost\n127.0.0.1 %s\n' "$host" >"$folder/hosts"
cp "$ca" "$folder/ca.pem"

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# start NAME CONFIGURE RUN: runs the proxy with what CONFIGURE writes for a port, and sets proxy_port when it listens. If another program
# has the port, tries the next.
start() {
    local name=$1 configure=$2 run=$3 file try wait begin
    for ((try = 0; try != 5; ++try)); do
        proxy_port=$((20000 + RANDOM % 12000)) # below those of outgoing connections
        if is_open "$proxy_port"; then continue; fi
        file=$folder/$name.$proxy_port
        $configure "$proxy_port" >"$file.conf"
        begin=$(milliseconds)
        $run "$file.conf" >"$file.log" 2>&1 &
        local proxy_pid=$!
        started+=("$proxy_pid")
        for ((wait = 0; wait != 500; ++wait)); do
            if is_open "$proxy_port" && kill -0 "$proxy_pid" 2>/dev/null; then
                echo "report: real_proxies: $name listened after $(($(milliseconds) - begin)) ms"
                return
            fi
            kill -0 "$proxy_pid" 2>/dev/null || break
            sleep 0.02
        done
        kill "$proxy_pid" 2>/dev/null || true
    done
    cat "$file.log"
    fail "$name does not listen"
}

# squid_configuration PORT_LINE AUTHENTICATION
squid_configuration() {
    cat <<SQUID
$1
hosts_file $folder/hosts
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
via off
forwarded_for delete
shutdown_lifetime 0 seconds
max_filedescriptors 256
acl targets port $tls_port $port $closed_port
$2
http_access deny !targets
http_access allow all
SQUID
}
basic_authentication() {
    cat <<SQUID
auth_param basic program $ncsa $folder/passwords
auth_param basic children 1 startup=1
auth_param basic realm a real proxy
acl known proxy_auth REQUIRED
http_access deny !known
SQUID
}
squid_open() { squid_configuration "http_port 127.0.0.1:$1" ""; }
squid_basic() { squid_configuration "http_port 127.0.0.1:$1" "$(basic_authentication)"; }
squid_tls() {
    squid_configuration "https_port 127.0.0.1:$1 tls-cert=$folder/proxy.pem tls-key=$folder/proxy.key" "$(basic_authentication)"
}
# A name of its own for each: squid refuses to start twice under one.
run_squid() { exec squid -N -n "foundry$BASHPID" -f "$1" -d 1; }

tinyproxy_open() {
    cat <<TINYPROXY
Port $1
Listen 127.0.0.1
Timeout 60
MaxClients 20
LogLevel Warning
DisableViaHeader Yes
ConnectPort $tls_port
ConnectPort $closed_port
TINYPROXY
}
tinyproxy_basic() { tinyproxy_open "$1"; echo "BasicAuth $user $password"; }
# It has no file of hosts but the system's, which is another one in a mount namespace.
namespace=(unshare --mount)
[ "$(id -u)" -eq 0 ] || namespace+=(--map-root-user)
# shellcheck disable=SC2016
namespace+=(sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$folder/hosts")
run_tinyproxy() { exec "${namespace[@]}" tinyproxy -d -c "$1"; }

cases=0
# expect STATUS PROXY_URL [PORT]
expect() {
    local status=0 secret
    timeout 60 "$program" "$2" "${3:-$tls_port}" "$folder/ca.pem" >"$folder/out" 2>"$folder/err" || status=$?
    if [ "$status" -ne "$1" ]; then
        cat "$folder/out" "$folder/err"
        fail "status $status instead of $1 through $2 to port ${3:-$tls_port}"
    fi
    if [ "$1" -ne 0 ] && [ ! -s "$folder/err" ]; then fail "no error text through $2"; fi
    for secret in "$user" "$password" "$(printf %s "$user:$password" | base64)"; do
        if grep -qF -- "$secret" "$folder/out" "$folder/err"; then cat "$folder/err"; fail "$secret is in the error text"; fi
    done
    cases=$((cases + 1))
}

# through_open SCHEME: of a proxy that wants no credentials
through_open() {
    expect 0 "$1://127.0.0.1:$proxy_port"
    expect 0 "$1://$user:$password@127.0.0.1:$proxy_port"
    expect 2 "$1://127.0.0.1:$proxy_port" "$closed_port"
    expect 2 "$1://127.0.0.1:$proxy_port" "$forbidden_port"
}
# through_basic SCHEME: of one that does
through_basic() {
    expect 0 "$1://$user:$password@127.0.0.1:$proxy_port"
    expect 0 "$1://${user/-/%2D}:${password/./%2E}@127.0.0.1:$proxy_port"
    expect 2 "$1://127.0.0.1:$proxy_port"
    expect 2 "$1://$user:wrong@127.0.0.1:$proxy_port"
    expect 2 "$1://$user@127.0.0.1:$proxy_port"
}

# The example's own option; the trusted authority comes from the environment.
chat_answers() {
    AZURE_AI_ENDPOINT=https://$host:$tls_port/models AZURE_AI_API_KEY=emulator-key AZURE_AI_MODEL=gpt-4o-mini \
        SSL_CERT_FILE=$ca timeout 60 "$chat" --proxy "$1" <<<'How many feet are in a mile?' >"$folder/out" 2>&1 || true
    grep -q 'A mile is' "$folder/out" || { cat "$folder/out"; fail "chat --proxy $1 got no answer"; }
    cases=$((cases + 1))
}

for name in $installed; do
    case $name in
    squid)
        printf '%s:%s\n' "$user" "$(openssl passwd -apr1 "$password")" >"$folder/passwords"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=a real proxy" \
            -addext "subjectAltName=IP:127.0.0.1" -keyout "$folder/proxy.key" -out "$folder/proxy.pem" 2>/dev/null
        chmod 644 "$folder/proxy.key"
        cat "$folder/proxy.pem" >>"$folder/ca.pem"
        start squid squid_open run_squid
        through_open http
        start squid_with_credentials squid_basic run_squid
        through_basic http
        chat_answers "http://$user:$password@127.0.0.1:$proxy_port"
        start squid_with_tls squid_tls run_squid
        through_basic https
        ;;
    tinyproxy)
        if ! "${namespace[@]}" true 2>"$folder/err"; then
            cat "$folder/err"
            [ "$installed" != tinyproxy ] || skip "tinyproxy needs a mount namespace here"
            echo "Without tinyproxy, which needs a mount namespace here."
            continue
        fi
        start tinyproxy tinyproxy_open run_tinyproxy
        through_open http
        start tinyproxy_with_credentials tinyproxy_basic run_tinyproxy
        through_basic http
        ;;
    esac
done
echo "report: real_proxies: $cases cases of ${installed/ / and }"
