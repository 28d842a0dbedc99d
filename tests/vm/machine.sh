# One virtual machine: its disks and its QEMU process. Sourced after lib.sh, by run and power-cut.
# shellcheck shell=bash

TIMEOUT=${VM_TIMEOUT:-1200}
WORK=
QEMU_PID=

# kill_machine: what pulling the plug is to a real one.
kill_machine() {
    [ -n "$QEMU_PID" ] || return 0
    kill -KILL "$QEMU_PID" 2>/dev/null || true
    wait "$QEMU_PID" 2>/dev/null || true
    QEMU_PID=
}

# Whatever happens, no QEMU and no work folder stays behind.
end_machine() {
    kill_machine
    [ -z "$WORK" ] || rm -rf "$WORK"
    WORK=
}
trap end_machine EXIT
trap 'exit 130' INT TERM HUP

new_machine() {
    end_machine
    WORK=$(mktemp -d "$CACHE/run.XXXXXX")
}

# make_payload KERNEL LIST: the disk with what changes between runs: skiff, the cases, and which of them to run; with
# OBEDIENT set, the guest takes commands from a port instead.
make_payload() {
    local kernel=$1 list=$2 stage=$WORK/payload binary=${SKIFF_BINARY:-}
    mkdir "$stage"
    cp -r "$VM_DIR/guest" "$VM_DIR/cases" "$stage/"
    cp "$list" "$stage/list"
    echo "$kernel" > "$stage/kernel"
    [ -z "${VERBOSE:-}" ] || touch "$stage/verbose"
    [ -z "${OBEDIENT:-}" ] || mv "$stage/guest/obey" "$stage/guest/run-cases"
    if [ -z "$binary" ]; then
        local publish
        case $ARCH in
            amd64) binary=$REPO/out/skiff publish=publish ;;
            arm64) binary=$REPO/out/arm64/skiff publish=publish-arm64 ;;
        esac
        [ -e "$binary" ] || "$REPO/scripts/$publish" >&2
    fi
    cp "$binary" "$stage/skiff"
    # A small filesystem with project quotas, which the guest has no program to make.
    mke2fs -q -t ext4 -O quota,project -E quotatype=prjquota "$stage/quota.img" 48M > /dev/null
    add_programs
    add_packages
    add_faults
    add_policy
    local kilobytes
    kilobytes=$(du -sk "$stage" | cut -f1)
    mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$stage" "$WORK/payload.img" "$((kilobytes * 11 / 10 + 4096))k" >/dev/null
}

# add_programs: publishes the test programs that the chosen cases name (`# program: X.Tests`) with their runtime.
add_programs() {
    local name program
    while read -r name; do
        program=$(sed -n 's/^# program: *//p' "$VM_DIR/cases/$name.sh")
        [ -n "$program" ] && [ ! -e "$WORK/payload/programs/$program" ] || continue
        say "tests/vm: publishing $program for the guest"
        dotnet publish "$REPO/tests/$program" -c Release -r "$RID" --self-contained -v quiet --nologo \
            -p:SkiffArch="${RID#linux-}" --artifacts-path "$CACHE/programs-$ARCH" >&2 ||
            die "could not publish $program"
        mkdir -p "$WORK/payload/programs"
        cp -r "$CACHE/programs-$ARCH/publish/$program/release_$RID" "$WORK/payload/programs/$program"
    done < "$WORK/payload/list"
}

# add_packages: unpacks the Debian packages that the chosen cases name (`# packages: NAME...`), below /payload/tools.
add_packages() {
    local name package
    while read -r name; do
        for package in $(sed -n 's/^# packages: *//p' "$VM_DIR/cases/$name.sh"); do
            dpkg-deb -x "$(fetch_deb "$ARCH" bookworm "$package")" "$WORK/payload/tools"
        done
    done < "$WORK/payload/list"
}

# add_faults: compiles the programs of tests/faults that the chosen cases name (`# faults: NAME...`).
add_faults() {
    local name program
    while read -r name; do
        for program in $(sed -n 's/^# faults: *//p' "$VM_DIR/cases/$name.sh"); do
            mkdir -p "$WORK/payload/tools/bin"
            gcc -O1 -static -o "$WORK/payload/tools/bin/$program" "$REPO/tests/faults/$program.c" ||
                die "could not compile $program"
        done
    done < "$WORK/payload/list"
}

# add_policy: compiles the SELinux policy that a chosen case names (`# policy: FILE`), which the guest loads as it comes
# up.
add_policy() {
    local name file all
    all=$(printf 'c%d ' {0..1023})
    { printf '(category c%d)\n' {0..1023}; echo "(categoryorder ($all))(sensitivitycategory s0 ($all))"; } \
        > "$WORK/categories.cil"
    while read -r name; do
        file=$(sed -n 's/^# policy: *//p' "$VM_DIR/cases/$name.sh")
        [ -n "$file" ] || continue
        secilc -M true -c 31 -o "$WORK/payload/policy" -f /dev/null "$VM_DIR/cases/$file" "$WORK/categories.cil" ||
            die "could not compile the policy $file"
    done < "$WORK/payload/list"
}

# The engine's state lives on a journalled disk, as on a device.
make_data_disk() {
    truncate -s 512M "$WORK/data.img"
    mke2fs -q -t ext4 -m 0 -E lazy_itable_init=1,lazy_journal_init=1 "$WORK/data.img"
}

# qemu_command KERNEL: sets QEMU_COMMAND to the machine with its console in $WORK/console, without its data disk.
qemu_command() {
    local dir=$CACHE/kernel-$1 console machine arguments=
    case $ARCH in
        # QEMU 7.2 emulates cmpxchg16b wrongly now and then, and the 6.12 kernel then oopses in its slab allocator: the
        # kernel is told not to use it. Programs still see it, since .NET does not start without.
        amd64) console=ttyS0 arguments=clearcpuid=cx16 machine=(-M q35 -accel "tcg,thread=multi" -cpu max) ;;
        # Without sve: .NET's vectorised searches crash on QEMU 7.2's SVE; real cores of this class have none.
        arm64) console=ttyAMA0 machine=(-M virt -accel "tcg,thread=multi" -cpu "max,pauth-impdef=on,sve=off") ;;
    esac
    arguments+=${FROM:+ ground.from=$FROM}${BOOT_ARGUMENTS:+ $BOOT_ARGUMENTS}
    QEMU_COMMAND=("$QEMU" "${machine[@]}" -smp "${CPUS:-2}" -m 1024 -nodefaults -no-user-config -no-reboot \
        -display none -serial "file:$WORK/console" \
        -kernel "$dir/vmlinuz" -initrd "$dir/initrd" -append "console=$console quiet loglevel=4 panic=-1 $arguments" \
        -drive "if=virtio,format=raw,file=${ROOT_DISK:-$dir/root.img},snapshot=on" \
        -drive "if=virtio,format=raw,file=$WORK/payload.img,readonly=on")
}

# start_qemu KERNEL: starts the guest in the background; it dies with this script, even when that is killed.
start_qemu() {
    qemu_command "$1"
    setpriv --pdeathsig KILL -- "${QEMU_COMMAND[@]}" \
        -drive "if=virtio,format=raw,file=$WORK/data.img,cache=unsafe" < /dev/null &
    QEMU_PID=$!
}

# boot KERNEL: runs the guest to its end, or until a case wants the power cut; leaves the console in $WORK/console and
# the outcome in QEMU_STATUS.
boot() {
    local ticks=$((TIMEOUT * 5))
    : > "$WORK/console"
    start_qemu "$1"
    while kill -0 "$QEMU_PID" 2>/dev/null && [ $ticks -gt 0 ]; do
        sleep 0.2
        ! grep -q '^CUT ' "$WORK/console" || kill_machine
        ticks=$((ticks - 1))
    done
    QEMU_STATUS=0
    [ $ticks -gt 0 ] || kill_machine
    [ -z "$QEMU_PID" ] || wait "$QEMU_PID" || QEMU_STATUS=$?
    [ $ticks -gt 0 ] || QEMU_STATUS=124
    QEMU_PID=
}
