#!/usr/bin/env bash
# The rooms of the library, and that their arrows run one way: a room includes its own files and those of the rooms below it.
#
#     layers.sh INCLUDE_DIRECTORY
#
# Prints which room includes which, and how often.
set -euo pipefail

# From the top. A file below detail/ lies in the room of that name; any other is public, or the body of a public header.
#
#   public      what users include
#   operations  what several operations share
#   call        one call, from the request to the response
#   auth        token cache, one fetch for all waiters, challenges
#   entra       identity endpoints, assertions, developer tools
#   http        parsers, deadline, connection, pool, exchange; of the options it knows its limits alone
#   json        tables of types, reader, writer
#   core        what every room may know
#   base        text, time, memory, processes: nothing of the service's
#
# The emulator (testing) stands beside them and includes base, core and json alone.
rooms='public operations call auth entra http json core base'

# Public headers whose types the rooms use.
core='access_token deployments endpoint error limits observer options proxy response_headers response_info retry secret'
json='content_filter schema usage'
entra='entra/credential_options entra/certificate_options'
operations='answer async_generator batch batch_requests body chat chat_accumulator chat_message chat_stream embedding event_stream realtime_event realtime_options response response_accumulator response_event response_run response_stream route speech_request toolbox transcription wait'

# read_includes INCLUDE_DIRECTORY: "graph", "up" and "body" lines
read_includes() {
    (cd "$1/foundry" && find . -name '*.[hi]pp' ! -name src.hpp -printf '%P\0' |
        xargs -0 awk -v rooms="$rooms" -v core="$core" -v json="$json" -v entra="$entra" -v operations="$operations" '
        function room(file, part) {
            split(file, part, "/")
            if (part[1] == "testing") return "testing"
            if (part[1] == "detail") return part[2]
            gsub(/impl\/|\.[hi]pp$/, "", file)
            return file in named ? named[file] : "public"
        }
        BEGIN {
            n = split(rooms, name, " "); for (i = 1; i <= n; i++) rank[name[i]] = i
            n = split(core, name, " "); for (i = 1; i <= n; i++) named[name[i]] = "core"
            n = split(json, name, " "); for (i = 1; i <= n; i++) named[name[i]] = "json"
            n = split(entra, name, " "); for (i = 1; i <= n; i++) named[name[i]] = "entra"
            n = split(operations, name, " "); for (i = 1; i <= n; i++) named[name[i]] = "operations"
        }
        /^ *# *include <foundry\// {
            from = room(FILENAME)
            file = $0; sub(/^[^<]*<foundry\//, "", file); sub(/>.*/, "", file)
            to = room(file)
            arrows[from " -> " to]++
            if (from == "testing" || to == "testing")
                wrong = from != "testing" || to !~ /^(testing|base|core|json)$/
            else
                wrong = !(from in rank) || !(to in rank) || rank[to] < rank[from] ||
                    (from == "http" && file ~ /^(options|observer|retry)\.hpp$/)
            if (wrong) print "up: " FILENAME " -> " file
            if (from != "testing" && FILENAME ~ /ipp$/ && file ~ /ipp$/) print "body: " FILENAME " -> " file
        }
        END { for (arrow in arrows) print "graph: " arrow ", " arrows[arrow] " times" }') | LC_ALL=C sort
}

# The includes that break the rules.
wrong_includes() { read_includes "$1" | grep -v '^graph: '; }

read_includes "$1" | sed -n 's/^graph: //p'
if wrong_includes "$1"; then
    echo 'up: a room includes one above it. body: a body includes the body of another header.'
    exit 1
fi

# Each rule bites.
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
for canary in 'detail/base/ascii.hpp error.hpp' 'detail/http/pool.hpp detail/call/operation.hpp' 'error.hpp client.hpp' \
    'detail/json/reader.hpp testing/emulator.hpp' 'testing/emulator.hpp detail/http/pool.hpp' 'detail/new_room/a.hpp error.hpp' \
    'impl/chat.ipp impl/error.ipp' 'detail/http/pool.hpp options.hpp'; do
    rm -rf "${tree:?}/foundry"
    cp -r "$1/foundry" "$tree"
    mkdir -p "$(dirname "$tree/foundry/${canary% *}")"
    echo "#include <foundry/${canary#* }>" >>"$tree/foundry/${canary% *}"
    if ! wrong_includes "$tree" >/dev/null; then
        echo "${canary% *} may include ${canary#* }"
        exit 1
    fi
done
