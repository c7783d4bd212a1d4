# shellcheck shell=bash disable=SC2034 # who sources this uses what it sets

# start_emulator PROGRAM [ARGUMENT...]: sets pid, port (of plain HTTP), tls_port and ca, the file of its certificate authority; it
# ends with the script.
start_emulator() {
    local line
    coproc service { exec "$@"; }
    pid=$service_PID
    trap 'kill "$pid" 2>/dev/null || true' EXIT
    port=
    tls_port=
    ca=
    while read -r -u "${service[0]}" line; do
        case $line in
        "plain HTTP"*) port=${line##*:} ;;
        TLS*) tls_port=${line##*:} ;;
        "CA file"*) ca=${line#CA file     } ;;
        Ctrl-C*) break ;;
        esac
    done
}
