# page.sh: what the pages of numbers in docs/ share. Source it after scripts/lib.sh.
# shellcheck shell=bash

# heading TITLE COMMAND: a page's first lines.
heading() {
    echo "# $1"
    echo
    echo "Written by \`$2\` on $(date -u +%F), commit $(commit)."
    echo
    echo "- Machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs," \
        "$(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo); Linux $(uname -r)"
    echo "- Load average when this was written: $(cut -d' ' -f1-3 /proc/loadavg)"
}

# commit: what is measured; changes of the pages themselves don't count.
commit() {
    local hash
    hash=$(git rev-parse --short HEAD 2> /dev/null) || { echo unknown; return; }
    git diff --quiet HEAD -- . ':!docs' && echo "$hash" || echo "$hash-changed"
}
