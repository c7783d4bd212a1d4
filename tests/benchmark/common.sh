# shellcheck shell=bash disable=SC2154 # who sources this sets two
# Sourced by run.sh and guard.sh, which set `programs` (the directory of the built programs) and `work` (one of their own).

# start_server [PAUSE]: sets plain_port and tls_port. It ends with the script: its input is a pipe that no other program holds. Another
# one may be started later.
start_server() {
    ulimit -n "$(ulimit -Hn)" # valgrind lets a program raise it no more
    [ -e "$work/certificate.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout "$work/key.pem" -out "$work/certificate.pem" 2>"$work/openssl.log"
    rm -f "$work/input" "$work/ports"
    mkfifo "$work/input" "$work/ports"
    "$programs/benchmark_server" "$work/certificate.pem" "$work/key.pem" "$@" <"$work/input" >"$work/ports" &
    exec {server_input}>"$work/input"
    read -r plain_port tls_port <"$work/ports"
}

# client NAME TRANSPORT WORKLOAD...: what it prints, in the array `said` by name
client() {
    local name=$1 transport=$2 port=$plain_port word
    shift 2
    if [ "$transport" != plain ]; then port=$tls_port; fi
    "${under[@]}" "$programs/benchmark_$name" "$transport" "$port" "$work/certificate.pem" "$@" \
        >"$work/said" 2>"$work/errors" {server_input}>&- || {
        cat "$work/errors" >&2
        return 1
    }
    said=()
    # shellcheck disable=SC2013 # words are what is wanted
    for word in $(cat "$work/said"); do said[${word%%=*}]=${word#*=}; done
}
declare -A said
under=()

# counted NAME TRANSPORT WORKLOAD...: the same with the instructions in user space as `instructions`
counted() {
    under=(valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.out")
    client "$@" || return
    under=()
    said[instructions]=$(sed -n 's/^totals: //p' "$work/callgrind.out")
}

# per_unit NAME TRANSPORT UNITS "WORKLOAD" "LARGER WORKLOAD": what each of UNITS more costs, so that starting, connecting and the
# first buffers do not count; sets instructions, allocations (to a tenth, as a handshake may take one more
# or less) and received.
per_unit() {
    local name=$1 transport=$2 units=$3
    # shellcheck disable=SC2086
    counted "$name" "$transport" $4 || return
    local before_instructions=${said[instructions]} before_allocations=${said[allocations]} before_received=${said[received]}
    # shellcheck disable=SC2086
    counted "$name" "$transport" $5 || return
    # shellcheck disable=SC2034 # the caller reads them
    received=$((said[received] - before_received))
    # shellcheck disable=SC2034
    instructions=$(((said[instructions] - before_instructions) / units))
    local tenths=$((((said[allocations] - before_allocations) * 10 + units / 2) / units))
    # shellcheck disable=SC2034
    allocations=$((tenths / 10)).$((tenths % 10))
}
