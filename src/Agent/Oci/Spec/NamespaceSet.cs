using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Spec;

/// <summary>linux.namespaces: which are new, and which are joined by a path.</summary>
/// <param name="New">Those that the container gets of its own.</param>
/// <param name="Joined">Those that are there.</param>
/// <param name="NewTime">A time namespace of its own, which clone(2) has no room for among its flags.</param>
internal sealed record NamespaceSet(
    CloneFlags New, IReadOnlyList<(CloneFlags Kind, string Path)> Joined, bool NewTime)
{
    /// <summary>CLONE_NEWTIME, which only unshare(2), setns(2) and clone3(2) know.</summary>
    public const CloneFlags CLONE_NEWTIME = (CloneFlags)0x80;

    private static readonly (string Name, CloneFlags Kind)[] s_kinds =
    [
        ("mount", CloneFlags.CLONE_NEWNS), ("pid", CloneFlags.CLONE_NEWPID), ("network", CloneFlags.CLONE_NEWNET),
        ("uts", CloneFlags.CLONE_NEWUTS), ("ipc", CloneFlags.CLONE_NEWIPC), ("user", CloneFlags.CLONE_NEWUSER),
        ("cgroup", CloneFlags.CLONE_NEWCGROUP), ("time", CLONE_NEWTIME),
    ];

    /// <summary>The specification's names.</summary>
    public static IEnumerable<string> Names => s_kinds.Select(row => row.Name);

    /// <summary>Whether the container has one of its own.</summary>
    public bool IsNew(CloneFlags kind) => (New & kind) != 0;

    /// <summary>Whether the container's is not the runtime's.</summary>
    public bool IsOther(CloneFlags kind) => IsNew(kind) || PathOf(kind) is not null;

    /// <summary>The path of the one that is joined; null for none.</summary>
    public string? PathOf(CloneFlags kind)
    {
        foreach (var row in Joined)
            if (row.Kind == kind) return row.Path;
        return null;
    }

    /// <summary>Reads linux.namespaces.</summary>
    public static NamespaceSet Read(SpecNode linux)
    {
        CloneFlags fresh = 0, seen = 0;
        var joined = new List<(CloneFlags, string)>();
        foreach (SpecNode node in linux.Items("namespaces", static node => node))
        {
            CloneFlags kind = KindOf(node);
            if ((seen & kind) != 0) throw node.Wrong("type", $"\"{node.Text("type")}\" is there twice");
            seen |= kind;
            string path = node.Text("path");
            if (path.Length == 0) fresh |= kind;
            else joined.Add((kind, path));
        }
        if ((fresh & CloneFlags.CLONE_NEWNS) == 0)
            throw linux.Wrong("namespaces", "has no new mount namespace, without which this runtime runs nothing");
        if ((seen & CloneFlags.CLONE_NEWUSER) != 0 && (fresh & CloneFlags.CLONE_NEWUSER) == 0)
            throw linux.Wrong("namespaces", "has a user namespace by path, which is not supported");
        return new NamespaceSet(fresh & ~CLONE_NEWTIME, joined, (fresh & CLONE_NEWTIME) != 0);
    }

    private static CloneFlags KindOf(SpecNode node)
    {
        string type = node.Text("type");
        foreach (var row in s_kinds)
            if (row.Name == type) return row.Kind;
        throw node.Wrong("type", $"is \"{type}\"; known are {string.Join(", ", Names)}");
    }
}
