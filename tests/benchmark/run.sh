#!/usr/bin/env bash
# shellcheck disable=SC2154 # common.sh sets some
set -euo pipefail

usage() {
    cat <<'END_OF_USAGE'
Usage: ./tests/benchmark/run.sh [options]

Installs what is missing, builds the programs of this directory optimised, and
prints what the library costs beside the same work done by hand with Boost.Beast
and Boost.JSON, and with libcurl and nlohmann-json.

  --part NAME          only one of: calls, steps, profile, waiting, decoding,
                       embeddings, memory, handler, scale, compile
  --json FILE          write the figures there, too
  --compiler g++|clang the compiler (g++)
  --write-baseline     only write the figures that the test benchmark.guard
                       compares with, for g++ and clang or the one given
  --help               print this
END_OF_USAGE
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
# shellcheck source=examples/prepare.sh
. "$root/examples/prepare.sh"

json=
compiler=
write_baseline=no
parts='calls steps profile waiting decoding embeddings memory handler scale compile'
while [ $# -gt 0 ]; do
    case $1 in
    --json) json=${2:?}; shift ;;
    --part) parts=${2:?}; shift ;;
    --compiler)
        case ${2:-} in
        g++ | clang) compiler=$2; shift ;;
        *) usage >&2; exit 2 ;;
        esac ;;
    --write-baseline) write_baseline=yes ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

mkdir -p "$root/build"
unset CXX
needs=(compiler cmake ninja boost openssl certificates doctest valgrind)
if [ "$write_baseline" = no ]; then needs+=(curl nlohmann-json strace); fi
if [ "$compiler" != g++ ] && { [ "$compiler" = clang ] || [ "$write_baseline" = yes ]; }; then needs+=(clang); fi
prepare "$root/build/packages.log" "${needs[@]}"

# build COMPILER TARGET...: into $directory
build() {
    local name=$1 log
    shift
    directory=$root/build/benchmark-$name
    log=$directory.log
    CXX=$name
    if [ "$name" = clang ]; then CXX=$(find_clang); fi
    export CXX
    drop_foreign_build "$directory" "$root"
    say "Building with $name ..."
    : >"$log"
    logged "$log" cmake -S "$root" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_CXX_FLAGS_RELEASE='-O2 -DNDEBUG -g1' -DFOUNDRY_BUILD_TESTS=ON -DFOUNDRY_BUILD_EXAMPLES=OFF
    logged "$log" ninja -C "$directory" -j "$(jobs_that_fit)" "$@"
}

if [ "$write_baseline" = yes ]; then
    for name in ${compiler:-g++ clang}; do
        build "$name" benchmark_server benchmark_foundry
        FOUNDRY_WRITE_BASELINE=1 ctest --test-dir "$directory" --output-on-failure -R '^benchmark\.guard$'
    done
    exit 0
fi

compiler=${compiler:-g++}
build "$compiler" benchmark_server benchmark_foundry benchmark_naive benchmark_curl
# shellcheck disable=SC2034 # for common.sh
programs=$directory/tests/benchmark
flags=$directory/tests/build/flags
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/benchmark/common.sh
. "$here/common.sh"
start_server

# --- figures -----------------------------------------------------------------

declare -A figures
names=()
note() {
    figures[$1]=$2
    names+=("$1")
}
calculate() { LC_ALL=C awk "BEGIN { printf \"$1\", $2 }"; }

# costs NAME CLIENT TRANSPORT UNITS "WORKLOAD" "LARGER WORKLOAD"
costs() {
    local name=$1 by=$2
    shift
    per_unit "$@"
    note "$name.$by.instructions" "$instructions"
    note "$name.$by.allocations" "$allocations"
    # What the clients get must be the same, or they do not the same work.
    if [ "${figures[$name.received]:=$received}" != "$received" ]; then
        die "$name: $by received $received, the others ${figures[$name.received]}"
    fi
}

# A row of a table of costs; a client that has no figure gets no column.
row() {
    local name=$1 title=$2 by ours=${figures[$1.foundry.instructions]} line
    line="| $title | $ours"
    for by in naive curl; do
        line+=" | ${figures[$name.$by.instructions]:-} | "
        if [ -n "${figures[$name.$by.instructions]:-}" ]; then
            line+=$(calculate %.2f "$ours / ${figures[$name.$by.instructions]}")
        fi
    done
    echo "$line | ${figures[$name.foundry.allocations]} | ${figures[$name.naive.allocations]:-} | ${figures[$name.curl.allocations]:-} |"
}

calls() {
    local transport by size at_once
    say "Counting the instructions of calls ..."
    for by in foundry naive curl; do
        for transport in plain tls; do
            costs "completion.$transport" "$by" "$transport" 200 'complete 200' 'complete 400'
            for at_once in 16 256; do
                costs "completion.$at_once.$transport" "$by" "$transport" 1024 "complete 1024 $at_once" "complete 2048 $at_once"
            done
            for size in 20 200 2000; do
                costs "chunk.$size.$transport" "$by" "$transport" 1000 "stream 1000 $size" "stream 2000 $size"
            done
        done
    done
    # Beside the one with Beast's timers, one without.
    costs completion.tls_untimed foundry tls 200 'complete 200' 'complete 400'
    costs completion.tls_untimed naive tls_untimed 200 'complete 200' 'complete 400'
    costs next.plain foundry plain 1000 'next 1000 20' 'next 2000 20'
    figures[next.plain.naive.instructions]=${figures[chunk.20.plain.naive.instructions]}
    figures[next.plain.naive.allocations]=${figures[chunk.20.plain.naive.allocations]}
    figures[next.plain.curl.instructions]=${figures[chunk.20.plain.curl.instructions]}
    figures[next.plain.curl.allocations]=${figures[chunk.20.plain.curl.allocations]}

    echo
    echo "| instructions in user space, allocations | foundry | naive | ratio | curl | ratio | foundry allocates | naive | curl |"
    echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    row completion.plain 'small completion, plain'
    row completion.tls 'small completion, TLS'
    row completion.tls_untimed 'the same; naive without time limits'
    for at_once in 16 256; do
        row "completion.$at_once.plain" "the same, $at_once in flight, plain"
        row "completion.$at_once.tls" "the same, $at_once in flight, TLS"
    done
    for size in 20 200 2000; do
        row "chunk.$size.plain" "chunk of $size bytes of text, plain"
        row "chunk.$size.tls" "chunk of $size bytes of text, TLS"
    done
    row next.plain 'chunk of 20 bytes of text through next(), plain'
}

# What a chunk costs, from memory, in each of the steps that can be taken without a socket; the rest is to deliver it.
steps() {
    local size whole events json
    say "Counting the instructions of a chunk's steps ..."
    echo
    echo "| instructions of a chunk, plain | whole | finding the event | its JSON into the chunk | receiving and handing over |"
    echo "|---|---:|---:|---:|---:|"
    for size in 20 200 2000; do
        per_unit foundry plain 1000 "stream 1000 $size" "stream 2000 $size"
        whole=$instructions
        per_unit foundry plain 1000 "events 1000 $size" "events 2000 $size"
        events=$instructions
        per_unit foundry plain 1000 "json 1000 $size" "json 2000 $size"
        json=$instructions
        note "steps.$size.events.instructions" "$events"
        note "steps.$size.json.instructions" "$json"
        note "steps.$size.delivery.instructions" $((whole - events - json))
        echo "| $size bytes of text | $whole | $events | $json | $((whole - events - json)) |"
    done
}

# system_calls NAME TRANSPORT UNITS "WORKLOAD" "LARGER WORKLOAD": what each of UNITS more makes of them, in the array `made` by name
system_calls() {
    local name=$1 transport=$2 units=$3 workload call count
    made=()
    local -A before=()
    for workload in "$4" "$5"; do
        before=()
        for call in "${!made[@]}"; do before[$call]=${made[$call]}; done
        made=()
        under=(strace -f -c -U "calls,name" -o "$work/strace.out")
        # shellcheck disable=SC2086
        client "$name" "$transport" $workload || return
        under=()
        while read -r count call; do
            case $call in
            epoll_wait | epoll_ctl) made[$call]=$count ;;
            read | readv | recvfrom | recvmsg) made[reads]=$((${made[reads]:-0} + count)) ;;
            write | writev | sendto | sendmsg) made[writes]=$((${made[writes]:-0} + count)) ;;
            *) made[others]=$((${made[others]:-0} + count)) ;;
            esac
        done < <(grep -E '^ *[0-9]+ [a-z_0-9]+$' "$work/strace.out" | grep -v ' total$')
    done
    for call in reads writes epoll_wait epoll_ctl others; do
        made[$call]=$(calculate %.2f "(${made[$call]:-0} - ${before[$call]:-0}) / $units")
    done
}
declare -A made

waiting() {
    local of by transport title call line plain_port tls_port
    say "Counting system calls ..."
    echo
    echo "| system calls | reads | writes | epoll_wait | epoll_ctl | others | all |"
    echo "|---|---:|---:|---:|---:|---:|---:|"
    start_server 1 # an answer that is there before the client waits for it costs no wait
    for of in completion chunk; do
        if [ "$of" = chunk ]; then start_server; fi
        for transport in plain tls; do
            for by in foundry naive curl; do
                if [ "$of" = completion ]; then
                    system_calls "$by" "$transport" 200 'complete 100' 'complete 300'
                    title="completion, $transport, $by"
                else
                    system_calls "$by" "$transport" 2000 'stream 1000 20' 'stream 3000 20'
                    title="chunk of 20 bytes, $transport, $by"
                fi
                line="| $title"
                for call in reads writes epoll_wait epoll_ctl others; do
                    note "system_calls.$of.$transport.$by.$call" "${made[$call]}"
                    line+=" | ${made[$call]}"
                done
                echo "$line | $(calculate %.2f "${made[reads]} + ${made[writes]} + ${made[epoll_wait]} + ${made[epoll_ctl]} + ${made[others]}") |"
            done
        done
    done
}

# profiled TRANSPORT WORKLOAD...: what each kind of function has cost of its own, a line of "KIND INSTRUCTIONS" each
profiled() {
    counted foundry "$@"
    awk '
        function named(text, at) {
            at = index(text, " ")
            if (at == 0) return text
            names[substr(text, 1, at - 1)] = substr(text, at + 1)
            return substr(text, 1, at - 1)
        }
        function kind(name) {
            if (name ~ /^(_?_?(libc_)?(malloc|calloc|realloc|free|memalign|aligned_alloc)|_int_|_mid_memalign|operator (new|delete)|unlink_chunk|malloc_consolidate|sysmalloc|tcache)/) return "allocator"
            if (name ~ /^(__)?(mem|str)[a-z]+/) return "copying"
            if (name ~ /pthread_|^lll_/) return "locks"
            if (name ~ /^[^(<]*boost::asio::/) return "asio"
            if (name ~ /^[^(<]*(std|boost)::/) return "std"
            if (name ~ /json::(detail::value_writer|write|to_text|is_set)/) return "json_out"
            if (name ~ /foundry::.*json::/) return "json_in"
            if (name ~ /response_parser|whole_lines|valid_field_name|iequals|event_parser|byte_finder|utf8/) return "http_in"
            if (name ~ /foundry::/) return "foundry"
            return "other"
        }
        /^fn=/ { current = named(substr($0, 4)); next }
        /^cfn=/ { named(substr($0, 5)); next }
        /^calls=/ { called = 1; next }
        /^[0-9+*-]/ { if (called) called = 0; else cost[current] += $2 }
        END {
            for (f in cost) sum[kind(f in names ? names[f] : f)] += cost[f]
            for (k in sum) print k, sum[k]
        }' "$work/callgrind.out"
}

profile() {
    local of kind title value line
    local -A before
    local -a columns=(completion_plain completion_tls chunk)
    say "Profiling ..."
    for of in "${columns[@]}"; do
        case $of in
        completion_plain) set -- 200 plain 'complete 200' 'complete 400' ;;
        completion_tls) set -- 200 tls 'complete 200' 'complete 400' ;;
        chunk) set -- 1000 plain 'stream 1000 20' 'stream 2000 20' ;;
        esac
        before=()
        # shellcheck disable=SC2086
        while read -r kind value; do before[$kind]=$value; done < <(profiled "$2" $3)
        # shellcheck disable=SC2086
        while read -r kind value; do
            note "profile.$of.$kind.instructions" $(((value - ${before[$kind]:-0}) / $1))
        done < <(profiled "$2" $4)
    done
    echo
    echo "| where the instructions go | completion, plain | completion, TLS | chunk of 20 bytes, plain |"
    echo "|---|---:|---:|---:|"
    while IFS=: read -r kind title; do
        line="| $title"
        for of in "${columns[@]}"; do line+=" | ${figures[profile.$of.$kind.instructions]:-0}"; done
        echo "$line |"
    done <<'END_OF_KINDS'
json_in:ours, reading JSON into the types
json_out:ours, writing JSON
http_in:ours, the answer's head, transfer coding and events
foundry:ours, calls, pool, time limits, coroutines
asio:Asio
std:strings, vectors and the like of the standard library and Boost
allocator:malloc and free
copying:memcpy, memchr and their like
locks:mutexes
other:the rest, OpenSSL, system calls
END_OF_KINDS
}

decoding() {
    local size
    say "Timing the decoding of chunks ..."
    echo
    echo "| decoding a chunk's JSON, in memory | foundry | each as a whole | Boost.JSON's parser, keeping nothing | ratio |"
    echo "|---|---:|---:|---:|---:|"
    for size in 20 200 2000; do
        client foundry plain parse "$size" 50000
        note "decoding.$size.foundry.nanoseconds" "${said[nanoseconds]}"
        note "decoding.$size.whole.nanoseconds" "${said[plain_nanoseconds]}"
        note "decoding.$size.null.nanoseconds" "${said[null_nanoseconds]}"
        echo "| $size bytes of text | $(calculate %.0f "${said[nanoseconds]}") ns |" \
            "$(calculate %.0f "${said[plain_nanoseconds]}") ns |" \
            "$(calculate %.0f "${said[null_nanoseconds]}") ns |" \
            "$(calculate %.2f "${said[nanoseconds]} / ${said[null_nanoseconds]}") |"
    done
}

embeddings() {
    local inputs format by round times bytes name workload line
    say "Counting the instructions of embeddings ..."
    for format in float base64; do
        for inputs in 1 96 2048; do
            times=1
            if [ "$inputs" = 1 ]; then times=20; fi
            for by in foundry naive; do
                costs "embed.$inputs.$format" "$by" plain $((inputs * times)) \
                    "embed $inputs $format $times" "embed $inputs $format $((2 * times))"
            done
        done
    done
    say "Timing embeddings ..."
    for format in float base64; do
        for inputs in 1 96 2048; do
            times=$((4096 / inputs))
            for round in 1 2 3 4 5; do
                for by in foundry naive decode; do
                    workload="embed $inputs $format $times"
                    if [ "$by" = decode ]; then workload="decode $inputs $format $times"; fi
                    # shellcheck disable=SC2086
                    client "${by/decode/foundry}" plain $workload
                    name=embed.$inputs.$format.$by.cpu_us
                    if [ "$round" = 1 ] || [ "${said[cpu_us]}" -lt "${figures[$name]}" ]; then figures[$name]=${said[cpu_us]}; fi
                    bytes=${said[bytes]:-}
                done
            done
            for by in foundry naive decode; do
                name=embed.$inputs.$format.$by
                note "$name.gigabytes_per_second" "$(calculate %.2f "$bytes * $times / ${figures[$name.cpu_us]} / 1000")"
            done
        done
    done

    echo
    echo "| embeddings of 1,536 numbers, plain | instructions per number | naive | ratio | GB/s of wire | naive | GB/s from memory |"
    echo "|---|---:|---:|---:|---:|---:|---:|"
    for format in float base64; do
        for inputs in 1 96 2048; do
            name=embed.$inputs.$format
            line="| $inputs, $format | $(calculate %.1f "${figures[$name.foundry.instructions]} / 1536")"
            line+=" | $(calculate %.1f "${figures[$name.naive.instructions]} / 1536")"
            line+=" | $(calculate %.2f "${figures[$name.foundry.instructions]} / ${figures[$name.naive.instructions]}")"
            for by in foundry naive decode; do line+=" | ${figures[$name.$by.gigabytes_per_second]}"; done
            echo "$line |"
        done
    done
}

memory() {
    local transport
    say "Measuring memory ..."
    for transport in plain tls; do
        client foundry "$transport" idle 500
        note "memory.client.$transport.foundry.kib" "${said[kib_each]}"
        client foundry "$transport" hold 1000
        note "memory.stream.$transport.foundry.kib" "${said[kib_each]}"
        client naive "$transport" hold 1000
        note "memory.stream.$transport.naive.kib" "${said[kib_each]}"
    done
    echo
    echo "| resident KiB | plain | TLS |"
    echo "|---|---:|---:|"
    echo "| idle client with one idle connection | ${figures[memory.client.plain.foundry.kib]} | ${figures[memory.client.tls.foundry.kib]} |"
    echo "| open stream | ${figures[memory.stream.plain.foundry.kib]} | ${figures[memory.stream.tls.foundry.kib]} |"
    echo "| open stream, naive | ${figures[memory.stream.plain.naive.kib]} | ${figures[memory.stream.tls.naive.kib]} |"
}

handler() {
    local transport
    say "Timing handlers ..."
    echo
    echo "| completion of 1 MB | longest handler | the body parsed in one go | ratio |"
    echo "|---|---:|---:|---:|"
    for transport in plain tls; do
        client foundry "$transport" large 20
        note "handler.$transport.longest_us" "${said[longest_us]}"
        note "handler.$transport.parse_us" "${said[parse_us]}"
        echo "| $transport | $(calculate %.0f "${said[longest_us]}") us | $(calculate %.0f "${said[parse_us]}") us |" \
            "$(calculate %.2f "${said[longest_us]} / ${said[parse_us]}") |"
    done
}

# The least processor time of three runs, in nanoseconds for each of UNITS: least_time NAME TRANSPORT UNITS WORKLOAD...
least_time() {
    local name=$1 transport=$2 units=$3 round
    shift 3
    for round in 1 2 3; do
        client "$name" "$transport" "$@"
        if [ "$round" = 1 ] || [ "${said[cpu_us]}" -lt "$nanoseconds" ]; then nanoseconds=${said[cpu_us]}; fi
    done
    nanoseconds=$((nanoseconds * 1000 / units))
}

# What grows with the number of streams, of waiting calls and of new connections.
scale() {
    local count calls rounds transport by line name plain_port tls_port
    say "Counting what grows with the load ..."
    start_server 3 # a chunk that is there before the client waits for it costs no wait
    for count in 1 100 1000 10000; do
        rounds=$((count < 100 ? 400 : count < 1000 ? 20 : 8)) # the first ones show what repeats
        per_unit foundry plain $((count * rounds)) "streams $count $rounds" "streams $count $((2 * rounds))"
        note "streams.$count.instructions" "$instructions"
        note "streams.$count.allocations" "$allocations"
        least_time foundry plain $((count * 2 * rounds)) streams "$count" $((2 * rounds))
        note "streams.$count.nanoseconds" "$nanoseconds"
    done
    for transport in plain tls; do
        for by in foundry naive; do
            costs "cold.$transport" "$by" "$transport" 200 'cold 100 40' 'cold 300 40'
            least_time "$by" "$transport" 2000 cold 2000 1000
            note "cold.$transport.$by.nanoseconds" "$nanoseconds"
        done
    done
    start_server
    for calls in 500 8000 32000; do
        per_unit foundry plain $((calls - 8)) 'queue 8' "queue $calls"
        note "queue.$calls.instructions" "$instructions"
        least_time foundry plain "$calls" queue "$calls"
        note "queue.$calls.nanoseconds" "$nanoseconds"
    done
    for count in 10 1000; do
        per_unit foundry plain $((count * 20)) "limits $((count * 20)) $count" "limits $((count * 40)) $count"
        note "limits.$count.instructions" "$instructions"
        note "limits.$count.allocations" "$allocations"
        least_time foundry plain $((count * 40)) limits $((count * 40)) "$count"
        note "limits.$count.nanoseconds" "$nanoseconds"
    done

    echo
    echo "| open streams, each waiting for its next chunk | instructions of a chunk | against one stream | allocations | processor time of a chunk |"
    echo "|---:|---:|---:|---:|---:|"
    for count in 1 100 1000 10000; do
        name=streams.$count
        echo "| $count | ${figures[$name.instructions]} |" \
            "$(calculate %.2f "${figures[$name.instructions]} / ${figures[streams.1.instructions]}") |" \
            "${figures[$name.allocations]} | $(calculate %.1f "${figures[$name.nanoseconds]} / 1000") us |"
    done
    echo
    echo "| calls at once on eight connections | instructions of a call | against 500 calls | processor time of a call |"
    echo "|---:|---:|---:|---:|"
    for calls in 500 8000 32000; do
        name=queue.$calls
        echo "| $calls | ${figures[$name.instructions]} |" \
            "$(calculate %.2f "${figures[$name.instructions]} / ${figures[queue.500.instructions]}") |" \
            "$(calculate %.1f "${figures[$name.nanoseconds]} / 1000") us |"
    done
    echo
    echo "| clients that wait for the limits of one deployment | instructions of a request, beside the call's | allocations | processor time of a request |"
    echo "|---:|---:|---:|---:|"
    for count in 10 1000; do
        name=limits.$count
        echo "| $count | ${figures[$name.instructions]} | ${figures[$name.allocations]} |" \
            "$(calculate %.1f "${figures[$name.nanoseconds]} / 1000") us |"
    done
    echo
    echo "| call on a new connection | foundry | naive | ratio | foundry allocates | naive | processor time at 1,000 a second | naive | ratio |"
    echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for transport in plain tls; do
        name=cold.$transport
        line="| $transport"
        for by in foundry naive; do line+=" | ${figures[$name.$by.instructions]}"; done
        line+=" | $(calculate %.2f "${figures[$name.foundry.instructions]} / ${figures[$name.naive.instructions]}")"
        for by in foundry naive; do line+=" | ${figures[$name.$by.allocations]}"; done
        for by in foundry naive; do line+=" | $(calculate %.0f "${figures[$name.$by.nanoseconds]} / 1000") us"; done
        echo "$line | $(calculate %.2f "${figures[$name.foundry.nanoseconds]} / ${figures[$name.naive.nanoseconds]}") |"
    done
}

# object_size NAME: text, data and bss of a source file of include_cost, optimised
object_size() {
    local define=()
    if [ "$2" = compiled ]; then define=(-DFOUNDRY_SEPARATE_COMPILATION); fi
    CCACHE_DISABLE=1 "$CXX" "@$flags" "${define[@]}" -DNDEBUG -O2 -g0 -w \
        -c "$root/tests/build/include_cost/$1.cpp" -o "$work/object"
    size "$work/object" | awk 'NR == 2 { print $1 + $2 + $3 }'
}

compile() {
    local pair said_costs
    say "Timing the compiler ..."
    for pair in 'compiled bare' 'readme naive'; do
        # shellcheck disable=SC2086
        said_costs=$(bash "$root/tests/build/include_cost.sh" "$CXX" "$flags" $pair 100 100000 | sed -n 's/^best: //p')
        note "compile.${pair% *}.ms" "${said_costs%% ms*}"
        said_costs=${said_costs#*: }
        note "compile.${pair#* }.ms" "${said_costs%% ms*}"
    done
    note size.readme_compiled "$(object_size readme compiled)"
    note size.readme "$(object_size readme header_only)"
    note size.naive "$(object_size naive header_only)"
    echo
    echo "| compiling, without optimisation | ms | against | ms | ratio |"
    echo "|---|---:|---|---:|---:|"
    echo "| including the library, compiled | ${figures[compile.compiled.ms]} | an empty file with Asio's and JSON's headers |" \
        "${figures[compile.bare.ms]} | $(calculate %.2f "${figures[compile.compiled.ms]} / ${figures[compile.bare.ms]}") |"
    echo "| the README's program, header-only | ${figures[compile.readme.ms]} | the same on Beast's operations |" \
        "${figures[compile.naive.ms]} | $(calculate %.2f "${figures[compile.readme.ms]} / ${figures[compile.naive.ms]}") |"
    echo
    echo "| object of the README's program, -O2 | bytes |"
    echo "|---|---:|"
    echo "| compiled | ${figures[size.readme_compiled]} |"
    echo "| header-only | ${figures[size.readme]} |"
    echo "| on Beast's operations | ${figures[size.naive]} |"
}

echo "$("$CXX" --version | head -n 1), Boost $(sed -n 's/^#define BOOST_LIB_VERSION "\(.*\)"/\1/p' \
    "$(echo '#include <boost/version.hpp>' | "$CXX" -x c++ -M - | grep -o '[^ ]*boost/version.hpp')" | tr _ .)," \
    "$(openssl version | cut -d' ' -f1,2), $(uname -sm)"
for part in $parts; do
    case $part in
    calls | steps | profile | waiting | decoding | embeddings | memory | handler | scale | compile) "$part" ;;
    *) usage >&2; exit 2 ;;
    esac
done

if [ -n "$json" ]; then
    {
        echo '{'
        for name in "${names[@]}"; do printf '  "%s": %s,\n' "$name" "${figures[$name]}"; done | sed '$s/,$//'
        echo '}'
    } >"$json"
fi
