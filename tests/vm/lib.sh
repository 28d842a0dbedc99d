# Shared by prepare, run and power-cut: where things are kept, and how Debian packages are fetched without touching
# the system's own package lists. Sourced, never executed.
# shellcheck shell=bash

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$VM_DIR/../.." && pwd)
CACHE=${SKIFF_VM_CACHE:-$REPO/out/vm}
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

say() { printf '%s\n' "$*" >&2; }
die() { say "tests/vm: $*"; exit 1; }

# Describes one kernel of the ground: sets ARCH (Debian's word), SUITE, KERNEL_PACKAGE, QEMU, RID.
describe_kernel() {
    case $1 in
        6.1) ARCH=amd64 SUITE=bookworm KERNEL_PACKAGE=linux-image-cloud-amd64 ;;
        6.12) ARCH=amd64 SUITE=bookworm-backports KERNEL_PACKAGE=linux-image-cloud-amd64 ;;
        arm64) ARCH=arm64 SUITE=bookworm-backports KERNEL_PACKAGE=linux-image-cloud-arm64 ;;
        *) die "unknown kernel '$1'; choose 6.1, 6.12 or arm64" ;;
    esac
    case $ARCH in
        amd64) QEMU=qemu-system-x86_64 RID=linux-x64 ;;
        arm64) QEMU=qemu-system-aarch64 RID=linux-arm64 ;;
    esac
}

# install_missing PACKAGE=COMMAND...: installs the packages whose command is absent, and names them.
install_missing() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair#*=}" >/dev/null || missing+=("${pair%%=*}")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "tests/vm: installing from Debian: ${missing[*]}"
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any)
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "${missing[@]}" \
        >/dev/null 2>&1 && return
    "${apt[@]}" update >&2 || die "apt-get update failed"
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null \
        || die "could not install ${missing[*]}"
}

# private_apt ARCH TOOL...: runs an apt tool on lists of our own, for any architecture and with backports.
# The system's configuration is not read, except for a proxy: its hooks clean caches that are not ours.
private_apt() {
    local arch=$1 base=$CACHE/apt/$1; shift
    if [ ! -e "$base/apt.conf" ]; then
        mkdir -p "$base"/{etc/apt.conf.d,etc/preferences.d,lists/partial,cache/archives/partial,state}
        : > "$base/state/status"
        local key=/usr/share/keyrings/debian-archive-keyring.gpg
        printf 'deb [signed-by=%s] %s %s main\n' $key "$MIRROR" bookworm $key "$MIRROR" bookworm-backports \
            > "$base/etc/sources.list"
        {
            printf 'Dir::Etc "%s/etc"; Dir::State "%s/state"; Dir::State::lists "%s/lists";\n' "$base" "$base" "$base"
            printf 'Dir::State::status "%s/state/status"; Dir::Cache "%s/cache";\n' "$base" "$base"
            printf 'APT::Architecture "%s"; APT::Architectures { "%s"; }; APT::Sandbox::User "root";\n' "$arch" "$arch"
            printf 'Acquire::Languages "none"; Acquire::Retries "3"; Acquire::GzipIndexes "true";\n'
            printf 'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
            apt-config dump | grep -iE '^Acquire::(http|https)::Proxy' || true
        } > "$base/apt.conf.new"
        mv "$base/apt.conf.new" "$base/apt.conf"
    fi
    APT_CONFIG=$base/apt.conf "$@"
}

# fetch_debs ARCH SUITE PACKAGE...: fetches the packages' newest .deb in SUITE, each once.
fetch_debs() {
    local arch=$1 suite=$2 dir=$CACHE/debs/$1-$2 package found missing=(); shift 2
    mkdir -p "$dir"
    for package in "$@"; do
        found=("$dir/${package}_"*.deb)
        [ -e "${found[0]}" ] || missing+=("$package/$suite")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ ! -e "$CACHE/apt/$arch/updated" ]; then
        private_apt "$arch" apt-get -qq -o APT::Update::Error-Mode=any update >&2 \
            || die "could not read Debian's package lists for $arch from $MIRROR"
        touch "$CACHE/apt/$arch/updated"
    fi
    (cd "$dir" && private_apt "$arch" apt-get -qq download "${missing[@]}" >&2) \
        || die "could not fetch for $arch: ${missing[*]}"
}

# fetch_deb ARCH SUITE PACKAGE: prints the path of the package's .deb.
fetch_deb() {
    fetch_debs "$@"
    local found=("$CACHE/debs/$1-$2/$3_"*.deb)
    printf '%s\n' "${found[0]}"
}
