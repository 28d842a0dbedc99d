# lib.sh: what the scripts share. Source it; it changes to the repository's root.
# shellcheck shell=bash
set -euo pipefail
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
OUT=${SKIFF_OUT:-$REPO/out}
cd "$REPO"

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# What each job needs from Debian; scripts/need installs what is missing.
# shellcheck disable=SC2034
{
    BUILD_PACKAGES=(gcc libc6-dev libssl3 ca-certificates)
    # Independent tools that the tests check the engine's work with, and what makes the images.
    TEST_PACKAGES=(curl jq python3 zstd debootstrap iproute2 nftables procps util-linux bsdutils attr skopeo umoci
        libarchive-tools passt uidmap bind9-dnsutils busybox-static iptables systemd tcpdump)
    # Headers and an assembler of the other architecture, which the same tables in Interop speak for.
    [ "$(uname -m)" != x86_64 ] ||
        TEST_PACKAGES+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross linux-libc-dev-armhf-cross)
}

# need_root WHY: the engine and its tests mount, make namespaces and install packages.
need_root() {
    [ "$(id -u)" -eq 0 ] || die "$1 needs root; run it as root, for example with sudo"
}

# mirror: the Debian mirror that this machine uses already.
mirror() {
    local found
    # The format's words are apt's own placeholders.
    # shellcheck disable=SC2016
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        grep -m1 -E '/debian/?$' || true)
    echo "${MIRROR:-${found:-http://deb.debian.org/debian}}"
}

# now_ms: milliseconds of a clock good enough for the scripts' tables.
now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }

# arch: this machine's architecture in Debian's (and OCI's) spelling.
arch() { dpkg --print-architecture; }
