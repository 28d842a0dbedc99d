namespace Skiff.System.Tests;

/// <summary>
/// Changes of config.json, each as a script of jq, and what a container says about it: what it sees must be the same
/// under every runtime.
/// </summary>
public static class OciMatrixRows
{
    private const string Mounts =
        "cut -d' ' -f5- /proc/self/mountinfo | sed -E 's/(master|shared):[0-9]+/\\1/' | grep -E ' ?/(m|t)[0-9] '";

    /// <summary>Name, change, and the container's script.</summary>
    public static TheoryData<string, string, string> All() => [.. Processes(), .. Filesystems()];

    private static TheoryData<string, string, string> Processes() => new()
    {
        { "nothing", ".", "id; pwd; hostname; env | sort; ls /;"
            + " ls -l /dev | tr -s ' ' | cut -d' ' -f1-6,10- | grep -v kcore" },
        { "limits and sets of capabilities", """
            .process.capabilities = {bounding: ["CAP_CHOWN","CAP_KILL","CAP_NET_RAW"],
            permitted: ["CAP_KILL","CAP_CHOWN"], effective: ["CAP_KILL"],
            inheritable: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]} |
            .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]
            """, "grep Cap /proc/self/status; ulimit -n; ulimit -Hn; ulimit -c" },
        { "a user with capabilities", """
            .process.user = {uid: 1000, gid: 100, additionalGids: [7, 8], umask: 63} | .process.capabilities =
            {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"], inheritable: ["CAP_KILL"],
            ambient: ["CAP_KILL"]}
            """, "grep -E 'Cap|Groups|Uid|Gid' /proc/self/status; umask" },
        { "no capabilities at all", "del(.process.capabilities)", "grep Cap /proc/self/status" },
        { "no_new_privs off", ".process.noNewPrivileges = false", "grep NoNewPrivs /proc/self/status" },
        { "a seccomp filter", """
            .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"],
            action: "SCMP_ACT_ERRNO", errnoRet: 28}, {names: ["sethostname"], action: "SCMP_ACT_KILL"}]}
            """, "mkdir /tmp/x; echo $?; grep Seccomp: /proc/self/status; hostname x; echo $?" },
        { "a seccomp filter before the rights go", """
            .process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
            syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}
            """, "mkdir /tmp/x; echo $?; grep Seccomp: /proc/self/status" },
        { "oom score and environment", """
            .process.oomScoreAdj = 321 | .process.env += ["HOME=/there", "A=b c"]
            """, "cat /proc/self/oom_score_adj; env | sort" },
        { "a directory that is made", ".process.cwd = \"/new/deep/dir\"", "pwd; ls -ld /new/deep | cut -c1-10" },
        { "names", ".hostname = \"other\" | .domainname = \"example\"", "hostname; cat /proc/sys/kernel/domainname" },
        { "sysctls", """
            .linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "9000", "net.ipv4.ping_group_range": "0 5"}
            """, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ping_group_range" },
    };

    private static TheoryData<string, string, string> Filesystems() => new()
    {
        { "a root that is read-only", ".root.readonly = true", "touch /x; echo $?; touch /dev/shm/x; echo $?" },
        { "bind mounts", """
            .mounts += [{destination: "/m1", type: "bind", source: "/usr/share", options: ["bind", "ro"]},
            {destination: "/m2/deep", type: "bind", source: "/sys", options: ["rbind", "rslave", "nosuid", "noexec"]},
            {destination: "/m3", type: "none", source: "/etc/hostname", options: ["bind", "rprivate"]},
            {destination: "/m4", source: "rootfs/bin", options: ["rbind", "ro", "nodev"]}]
            """, Mounts + "; ls /m4/sh; touch /m1/x; echo $?; ls -l /m3 | cut -c1; ls /m2/deep/kernel | head -n 3" },
        { "tmpfs and its options", """
            .mounts += [{destination: "/t1", type: "tmpfs", source: "tmpfs", options: ["size=1m","mode=700","noexec"]},
            {destination: "/t2", type: "tmpfs", source: "x", options: ["ro", "nodev", "noatime"]},
            {destination: "/t3", type: "tmpfs", source: "tmpfs", options: ["rprivate", "nosuid"]}]
            """, Mounts + "; ls -ld /t1 | cut -c1-10; df /t1 | tail -n 1 | tr -s ' ' | cut -d' ' -f2" },
        { "a tmpfs that begins as a copy", """
            .mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]
            """, "grep root /etc/passwd; touch /etc/new && ls /etc" },
        { "mqueue and cgroup", """
            .linux.namespaces += [{type: "cgroup"}] | .mounts += [
            {destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]}]
            """, "grep mqueue /proc/mounts; cat /proc/self/cgroup | grep ^0" },
        { "masked and read-only paths", """
            .linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/sys/firmware", "/etc/passwd", "/no/such",
            "/bin/../tmp"] |
            .linux.readonlyPaths = ["/proc/sys", "/bin", "/no/such", "/dev/shm"]
            """, "cat /etc/passwd; ls /sys/firmware /tmp; cat /proc/keys; touch /dev/shm/x; echo $?; "
            + "touch /tmp/x; echo $?; touch /bin/x; echo $?; echo 1 > /proc/sys/kernel/msgmax; echo $?" },
        { "device nodes", """
            .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 420, uid: 5, gid: 6},
            {path: "/dev/sub/loop", type: "b", major: 7, minor: 0}, {path: "/dev/pipe", type: "p", fileMode: 384}]
            """, "ls -ln /dev/fuse /dev/sub/loop /dev/pipe | tr -s ' ' | cut -d' ' -f1,3-6" },
        { "a network that is shared", ".linux.namespaces -= [{type: \"network\"}]",
            "readlink /proc/self/ns/net; ip -o link | wc -l" },
        { "a namespace that is joined", """
            (.linux.namespaces[] | select(.type == "network")).path = "/proc/1/ns/net"
            """, "readlink /proc/self/ns/net" },
        { "no pid namespace", ".linux.namespaces -= [{type: \"pid\"}]", "[ $$ -gt 1 ] && echo host" },
        { "personality", ".linux.personality = {domain: \"LINUX32\"}", "uname -m" },
        { "ids of a user namespace", """
            .linux.namespaces += [{type: "user"}] |
            .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
            .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 3, gid: 4} |
            .mounts -= [.mounts[] | select(.destination == "/sys")]
            """, "id; tr -s ' ' < /proc/self/uid_map; ls -ln /dev/null | tr -s ' ' | cut -d' ' -f1; echo x > /dev/null;"
            + " ls -ln /proc/self/status | tr -s ' ' | cut -d' ' -f3,4; ls -l /dev/fd | tr -s ' ' | cut -d' ' -f9-" },
        { "a shared root", ".linux.rootfsPropagation = \"shared\"",
            "grep ' / / \\| / ro\\| / rw' /proc/self/mountinfo | grep -o shared | sort -u" },
    };
}
