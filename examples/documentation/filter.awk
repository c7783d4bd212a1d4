# What Doxygen reads of a file. Awk, as every system has it.
BEGIN { input = ARGV[1] }

# A header: names without the inline namespace, no specialisations; the comment above the first namespace is about the file. To
# Doxygen a member whose type is `dictionary<...>` is a typedef, so the class has another name here; build.sh restores it.
input ~ /\.hpp$/ {
    sub(/::inline FOUNDRY_ABI/, "")
    if (!/^ *\/\// && !/^#/)
        gsub(/dictionary/, "dictionary_")
    if (/^template <>$/)
        special = 1
    if (special) {
        if (/^\{?\};$/)
            special = 0
        print ""
        next
    }
    if (/^\/\/\//) {
        comment = comment $0 "\n"
        next
    }
    if (comment != "" && (/^$/ || /^namespace foundry \{$/))
        comment = "/// @file\n" comment
    printf "%s%s\n", comment, $0
    comment = ""
    next
}

# The README: its sections can be linked to, and its links lead to the site's own pages.
input ~ /README\.md$/ {
    sub(/^# .*/, "# README {#readme}")
    if (/^## /) {
        label = tolower(substr($0, 4))
        gsub(/[^a-z]+/, "-", label)
        $0 = $0 " {#" label "}"
    }
    gsub(/\]\(include\/foundry\/endpoint\.hpp\)/, "](@ref foundry::endpoint)")
}

# The page of the compilers: its sections can be linked to.
input ~ /compilers\.md$/ && /^## / {
    label = tolower(substr($0, 4))
    gsub(/[^a-z0-9 ]/, "", label)
    gsub(/ /, "-", label)
    $0 = $0 " {#compilers-" label "}"
}

# A page: its own address, and links to sections of other pages and to programs.
/^# / && input !~ /(README|index)\.md$/ {
    label = input
    sub(/.*\//, "", label)
    sub(/\.md$/, "", label)
    $0 = $0 " {#page_" label "}"
}
{
    while (match($0, /\]\(\.\.\/\.\.\/README\.md#[a-z-]+\)/))
        $0 = substr($0, 1, RSTART + 1) "@ref " substr($0, RSTART + 18, RLENGTH - 18) substr($0, RSTART + RLENGTH)
    while (match($0, /\]\((\.\.|examples)\/(basics|apps|engine)\/[a-z_]+\.[ch]pp\)/)) {
        link = substr($0, RSTART + 2, RLENGTH - 3)
        sub(/^(\.\.|examples)\//, "", link)
        gsub(/\//, "_2", link)
        sub(/\./, "_8", link)
        $0 = substr($0, 1, RSTART + 1) link "-example.html" substr($0, RSTART + RLENGTH - 1)
    }
    gsub(/\]\(compilers\.md#/, "](@ref compilers-")
    sub(/\[tests\/benchmark\/README\.md\]\([^)]*\)/, "`tests/benchmark/README.md`") # which is no part of the site
    gsub(/\]\(examples\/(basics|apps)\)/, "](examples.html)")
    print
}
