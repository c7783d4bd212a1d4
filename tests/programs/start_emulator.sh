# shellcheck shell=bash disable=SC2034 # who sources this uses pid and port

# start_emulator PROGRAM: sets pid and port, that of plain HTTP; it ends with the script.
start_emulator() {
    local line
    coproc service { exec "$1"; }
    pid=$service_PID
    trap 'kill "$pid" 2>/dev/null || true' EXIT
    port=
    while read -r -u "${service[0]}" line; do
        case $line in
        "plain HTTP"*) port=${line##*:} ;;
        Ctrl-C*) break ;;
        esac
    done
}
