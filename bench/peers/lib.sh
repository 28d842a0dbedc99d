# lib.sh: what the comparisons share. Source it; it sources scripts/lib.sh and sets WORK up for samples.
# shellcheck shell=bash
#
# All programs run in the same namespaces on the same file system (scripts/peers), one command after
# the other in rounds, so that the machine's drift hits all alike; medians count.
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
source bench/page.sh
SKIFF=/srv/out/skiff
SKIFF_NS=/run/peers/skiff.ns
ROOTS=(SKIFF_ROOT=/mnt/data/skiff SKIFF_RUN_ROOT=/run/skiff)
TAB=$'\t'

peers_in() { "$REPO/scripts/peers" in "$@"; }

# in_roots LINE: a shell line there, with skiff's roots; in_skiff VERB is skiff in such a line.
in_roots() { peers_in env "${ROOTS[@]}" sh -c "$1"; }

in_skiff() { echo "nsenter --mount=$SKIFF_NS $SKIFF $1 > /dev/null"; }

# prepare DIR: the peers are up, and DIR below out/ takes cases and samples; inside it is $INSIDE.
prepare() {
    WORK=$OUT/$1
    INSIDE=/srv/out/$1
    need_root "$(basename "$0")"
    "$REPO/scripts/need" "${BUILD_PACKAGES[@]}"
    mkdir -p "$WORK"
    gcc -O2 -Wall -Wextra -static -o "$WORK/measure" bench/peers/measure.c
    [ -e "${SKIFF_PEERS:-/var/cache/skiff-peers}/ready" ] ||
        die "the peers are not installed; run make peers first (skiff alone: make bench)"
    "$REPO/scripts/peers" up
    trap '"$REPO/scripts/peers" down' EXIT
    # The pid is of the peers' own numbering, so the link is made inside; the inner shell expands it.
    # shellcheck disable=SC2016
    peers_in sh -c 'ln -sf "/proc/$(cat /run/peers/skiff)/ns/mnt" /run/peers/skiff.ns'
}

# add_case FILE NAME COMMAND [BEFORE] [AFTER]: NAME's first word is the program that does the work.
add_case() {
    local namespace=- daemons=-
    case $2 in
        skiff*) namespace=$SKIFF_NS ;;
        docker* | ctr*) daemons=/run/peers/daemons.stat ;;
    esac
    printf '%s\n' "$2$TAB$namespace$TAB$daemons$TAB${4:--}$TAB$3$TAB${5:--}" >> "$1"
}

# run_cases NAME ROUNDS [COMMAND...]: the cases of $WORK/NAME.cases, by COMMAND if there is one.
run_cases() {
    say "$(basename "$0"): $1, $2 rounds"
    peers_in "${@:3}" env "${ROOTS[@]}" "$INSIDE/measure" "$2" < "$WORK/$1.cases" > "$WORK/$1.new"
    mv "$WORK/$1.new" "$WORK/$1.samples"
}

# blobs REF: an image's compressed layers as paths inside, bottom first.
blobs() {
    local manifest
    manifest=$(jq -r .digest "$OUT/images/refs/$1")
    case $(jq -r .mediaType "$OUT/images/refs/$1") in *index*)
        manifest=$(jq -r --arg arch "$(arch)" '.manifests[] | select(.platform.architecture == $arch).digest' \
            "$OUT/images/oci/blobs/${manifest/://}") ;;
    esac
    jq -r '.layers[].digest' "$OUT/images/oci/blobs/${manifest/://}" |
        sed 's|^sha256:|/srv/out/images/oci/blobs/sha256/|' | tr '\n' ' '
}

# part_cases FILE REF BEFORE DECODER...: what any pull of REF has to do, each part alone, by one process after the
# other: "DECODER REF" decompresses its layers, "sha256sum REF" hashes the result.
part_cases() {
    local file=$1 ref=$2 before=$3 layers decoder
    shift 3
    layers=$(blobs "$ref")
    # The script that is written here expands these.
    # shellcheck disable=SC2016
    echo 'program=$1; shift; for layer; do "$program" -dc "$layer" || exit; done' > "$WORK/decode"
    peers_in sh -c "sh $INSIDE/decode $1 $layers > /mnt/data/parts.tar"
    for decoder in "$@"; do
        add_case "$file" "$decoder $ref" "sh $INSIDE/decode $decoder $layers" "$before"
    done
    add_case "$file" "sha256sum $ref" "sha256sum /mnt/data/parts.tar" "$before"
}

# The fields of a sample, for median.
# shellcheck disable=SC2034,SC2016 # used by those who source this; awk expands them
WALL_MS='$2 / 1000' CPU_MS='($3 + $4) / 1000' RSS_MIB='$6 / 1024'

# median NAME [FIELD]: of a case's successful samples, milliseconds of wall-clock time by default, or nothing.
median() {
    cat "$WORK"/*.samples 2> /dev/null |
        awk -F'\t' -v name="$1" "NF == 6 && \$1 == name && \$5 == 0 { print ${2:-$WALL_MS} }" | middle %.1f
}

# middle FORMAT: the median of numbers, one a line, or nothing.
middle() {
    sort -n | awk -v format="$1" '{ v[NR] = $1 }
        END { if (NR) printf format, NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# ratio A B: A / B, or nothing.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b > 0) printf "%.2f", a / b }'; }

# larger A B: the larger number.
larger() { awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b != "") print (a > b ? a : b) }'; }

# verdict VALUE OPERATOR LIMIT: a cell of a table of targets.
verdict() {
    [ -n "$1" ] || { echo "not measured"; return; }
    if awk "BEGIN { exit !($1 $2 $3) }"; then echo "$1 met"; else echo "$1 **missed**"; fi
}

# peers_heading TITLE COMMAND: a page's first lines.
peers_heading() {
    heading "$@"
    # The inner shell expands these.
    # shellcheck disable=SC2016
    echo "- Peers: $(peers_in sh -c 'docker --version; podman --version; crun --version | head -n 1
        containerd --version | awk "{ print \$1, \$3 }"' | paste -sd ';' | sed 's/;/; /g')"
    echo "- All in the same namespaces and on the same ext4; samples interleaved; medians."
    echo
}

# all_samples: the table of every case.
all_samples() {
    echo
    echo "## All samples"
    echo
    echo "| case | median ms | range | samples |"
    echo "|---|---|---|---|"
    cat "$WORK"/*.samples | awk -F'\t' 'NF == 6 && !seen[$1]++ { print $1 }' | while read -r name; do
        echo "| $name | $(median "$name") | $(spread "$name") |"
    done
}

# spread NAME: "min..max, N failed" of a case.
spread() {
    cat "$WORK"/*.samples | awk -F'\t' -v name="$1" 'NF == 6 && $1 == name {
            if ($5 != 0) { failed++; next }
            n++; ms = $2 / 1000; if (n == 1 || ms < low) low = ms; if (ms > high) high = ms }
        END { if (n) printf "%.1f..%.1f | %d", low, high, n; else printf "- | 0"
            if (failed) printf " (%d failed)", failed }'
}
