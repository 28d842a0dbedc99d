using System.Runtime.InteropServices;
using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

// Namespaces, ids, capabilities, limits and filters: what the process may do once it runs.
public sealed partial class LaunchProgram
{
    /// <summary>
    /// setns(2) with an nsfs descriptor or a pidfd (Linux 5.8; <paramref name="kinds"/> may then be several).
    /// </summary>
    public LaunchStep SetNs(StepArgument fd, CloneFlags kinds, OnError onError = default) =>
        Call($"setns({kinds})", null, SyscallNumbers.setns, onError, fd, (ulong)kinds);

    /// <summary>unshare(2).</summary>
    public LaunchStep Unshare(CloneFlags kinds, OnError onError = default) =>
        Call($"unshare({kinds})", null, SyscallNumbers.unshare, onError, (ulong)kinds);

    /// <summary>sethostname(2), in the child's UTS namespace.</summary>
    public LaunchStep SetHostname(string name)
    {
        LaunchMemory text = Text(name);
        return Call("sethostname", name, SyscallNumbers.sethostname, text, text.Length - 1);
    }

    /// <summary>setdomainname(2), in the child's UTS namespace.</summary>
    public LaunchStep SetDomainname(string name)
    {
        LaunchMemory text = Text(name);
        return Call("setdomainname", name, SyscallNumbers.setdomainname, text, text.Length - 1);
    }

    /// <summary>prlimit(2) on the child itself.</summary>
    public LaunchStep Prlimit(Rlimit limit, OnError onError = default) =>
        Call("prlimit", limit.ToString(), SyscallNumbers.prlimit64, onError,
            0, limit.Resource, Words(limit.Soft, limit.Hard), 0);

    /// <summary>prctl(2).</summary>
    public LaunchStep Prctl(
        int option, string name, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, OnError onError = default) =>
        Call($"prctl({name})", null, SyscallNumbers.prctl, onError, option, a, b, c, d);

    /// <summary>PR_SET_NO_NEW_PRIVS: exec grants nothing any more.</summary>
    public LaunchStep NoNewPrivs() => Prctl(PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS", 1);

    /// <summary>
    /// Drops every capability outside <paramref name="bounding"/> from the bounding set. Needs CAP_SETPCAP, so before
    /// the ids change.
    /// </summary>
    public void DropBounding(CapabilitySet bounding)
    {
        for (int bit = 0; bit <= Capabilities.Last; bit++)
            if (!bounding.Has(bit)) Prctl(PR_CAPBSET_DROP, $"PR_CAPBSET_DROP, {Capabilities.NameOf(bit)}", (ulong)bit);
    }

    /// <summary>
    /// PR_SET_KEEPCAPS: leaving user id 0 keeps the permitted set, until <see cref="CapSet"/> says what stays.
    /// </summary>
    public LaunchStep KeepCapabilities() => Prctl(PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS", 1);

    /// <summary>capset(2) of the three sets.</summary>
    public LaunchStep CapSet(CapabilitySet effective, CapabilitySet permitted, CapabilitySet inheritable)
    {
        ReadOnlySpan<uint> header = [_LINUX_CAPABILITY_VERSION_3, 0];
        ReadOnlySpan<uint> data =
        [
            (uint)effective.Bits, (uint)permitted.Bits, (uint)inheritable.Bits,
            (uint)(effective.Bits >> 32), (uint)(permitted.Bits >> 32), (uint)(inheritable.Bits >> 32),
        ];
        return Call("capset", null, SyscallNumbers.capset,
            Bytes(MemoryMarshal.AsBytes(header)), Bytes(MemoryMarshal.AsBytes(data)));
    }

    /// <summary>
    /// Makes the ambient set exactly <paramref name="ambient"/>, which must be permitted and inheritable.
    /// </summary>
    public void SetAmbient(CapabilitySet ambient)
    {
        Prctl(PR_CAP_AMBIENT, "PR_CAP_AMBIENT_CLEAR_ALL", PR_CAP_AMBIENT_CLEAR_ALL);
        for (int bit = 0; bit <= Capabilities.Last; bit++)
            if (ambient.Has(bit))
                Prctl(PR_CAP_AMBIENT, $"PR_CAP_AMBIENT_RAISE, {Capabilities.NameOf(bit)}",
                    PR_CAP_AMBIENT_RAISE, (ulong)bit);
    }

    /// <summary>setgroups(2), of the child only: the raw call does not broadcast to the parent's threads.</summary>
    public LaunchStep SetGroups(params ReadOnlySpan<uint> groups) =>
        Call("setgroups", null, SyscallNumbers.setgroups, groups.Length, Bytes(MemoryMarshal.AsBytes(groups)));

    /// <summary>setresgid(2) with all three ids the same.</summary>
    public LaunchStep SetGid(uint gid) => Call("setresgid", $"{gid}", SyscallNumbers.setresgid, gid, gid, gid);

    /// <summary>
    /// In a user namespace that was just entered, or made and mapped: its root, without the ids and groups that the
    /// child came with.
    /// </summary>
    public void BecomeRoot()
    {
        SetGroups();
        SetGid(0);
        SetUid(0);
    }

    /// <summary>setresuid(2) with all three ids the same. Leaving 0 drops capabilities unless they are kept.</summary>
    public LaunchStep SetUid(uint uid) => Call("setresuid", $"{uid}", SyscallNumbers.setresuid, uid, uid, uid);

    /// <summary>
    /// setfsuid(2) and setfsgid(2): what the child makes from here on belongs to these ids; its capabilities stay.
    /// </summary>
    public void ActAs(uint uid, uint gid)
    {
        Prctl(PR_SET_SECUREBITS, "PR_SET_SECUREBITS", SECBIT_NO_SETUID_FIXUP);
        Call("setfsgid", $"{gid}", SyscallNumbers.setfsgid, gid);
        Call("setfsuid", $"{uid}", SyscallNumbers.setfsuid, uid);
    }

    /// <summary>
    /// Makes the program that is executed at the end run under an AppArmor profile. Through the /proc that the child
    /// sees when it gets there. ENOENT: no such profile is loaded.
    /// </summary>
    public void AppArmorOnExec(string profile)
    {
        // Where several security modules run, /proc/self/attr/exec may belong to another one; the directory came with
        // Linux 5.8.
        LaunchStep file = OpenAt(Fd.Cwd, "/proc/self/attr/apparmor/exec", OpenFlags.O_WRONLY);
        Write(file, $"exec {profile}", $"/proc/self/attr/apparmor/exec: {profile}");
        Close(file);
    }

    /// <summary>
    /// Makes the program that is executed at the end run with an SELinux label. Through the /proc that the child sees
    /// when it gets there. EINVAL: the policy knows no such label; EACCES: it does not let the child choose one.
    /// </summary>
    public void SelinuxOnExec(string label)
    {
        LaunchStep file = OpenAt(Fd.Cwd, "/proc/thread-self/attr/exec", OpenFlags.O_WRONLY);
        Write(file, label, $"/proc/thread-self/attr/exec: {label}");
        Close(file);
    }

    /// <summary>
    /// seccomp(SECCOMP_SET_MODE_FILTER) with struct sock_filter instructions of 8 bytes each. It applies to every later
    /// step, so it comes last before exec; needs no_new_privs or CAP_SYS_ADMIN.
    /// </summary>
    public LaunchStep Seccomp(ReadOnlySpan<byte> instructions, uint flags = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(instructions.Length % 8, 0);
        LaunchMemory filter = Bytes(instructions);
        LaunchMemory program = Words((ulong)(instructions.Length / 8), (ulong)filter.Address);
        return Call("seccomp", null, SyscallNumbers.seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
    }
}
