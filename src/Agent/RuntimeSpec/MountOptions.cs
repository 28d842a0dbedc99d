using Skiff.Interop;
using Skiff.Interop.Mounts;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Agent.RuntimeSpec;

/// <summary>
/// mounts[].options (runtime specification, "Linux mount options"): attributes of the mount, of the mounts below it,
/// how it propagates, and what is the filesystem's own business.
/// </summary>
internal sealed record MountOptions
{
    // Attributes as (option, set, clear). With an r in front they are meant for all mounts below as well.
    private static readonly (string Name, ulong Set, ulong Clear)[] s_attributes =
    [
        ("ro", MOUNT_ATTR_RDONLY, 0), ("rw", 0, MOUNT_ATTR_RDONLY),
        ("nosuid", MOUNT_ATTR_NOSUID, 0), ("suid", 0, MOUNT_ATTR_NOSUID),
        ("nodev", MOUNT_ATTR_NODEV, 0), ("dev", 0, MOUNT_ATTR_NODEV),
        ("noexec", MOUNT_ATTR_NOEXEC, 0), ("exec", 0, MOUNT_ATTR_NOEXEC),
        ("nodiratime", MOUNT_ATTR_NODIRATIME, 0), ("diratime", 0, MOUNT_ATTR_NODIRATIME),
        ("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0), ("symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW),
        // The kinds of access time are one field: each sets its value and clears the whole.
        ("noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME), ("atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
        ("relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME), ("norelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
        ("strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
        ("nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    ];

    private static readonly (string Name, ulong Propagation, bool Recursive)[] s_propagations =
    [
        ("private", MS_PRIVATE, false), ("rprivate", MS_PRIVATE, true), ("shared", MS_SHARED, false),
        ("rshared", MS_SHARED, true), ("slave", MS_SLAVE, false), ("rslave", MS_SLAVE, true),
        ("unbindable", MS_UNBINDABLE, false), ("runbindable", MS_UNBINDABLE, true),
    ];

    // Flags of the superblock that fsconfig(2) knows by name, and their opposites, which are how things are anyway.
    private static readonly string[] s_superblock = ["sync", "dirsync", "lazytime", "mand", "iversion"];
    private static readonly string[] s_asIs =
        ["defaults", "async", "nolazytime", "nomand", "noiversion", "loud", "silent"];

    /// <summary>Shows something that is there.</summary>
    public bool IsBind { get; private set; }

    /// <summary>With the mounts below it.</summary>
    public bool IsRecursive { get; private set; }

    /// <summary>MOUNT_ATTR_* to set.</summary>
    public ulong Set { get; private set; }

    /// <summary>MOUNT_ATTR_* to clear.</summary>
    public ulong Clear { get; private set; }

    /// <summary>MOUNT_ATTR_* to set on the mounts below too.</summary>
    public ulong RecursiveSet { get; private set; }

    /// <summary>MOUNT_ATTR_* to clear on the mounts below too.</summary>
    public ulong RecursiveClear { get; private set; }

    /// <summary>MS_*; 0 leaves it.</summary>
    public ulong Propagation { get; private set; }

    /// <summary>Whether the propagation is for the mounts below too.</summary>
    public bool PropagatesRecursively { get; private set; }

    /// <summary>A tmpfs begins with what is below it (not in the specification; crun and runc have it).</summary>
    public bool CopyUp { get; private set; }

    /// <summary>The container's ID mapping, or its own, is applied.</summary>
    public bool IdMap { get; private set; }

    /// <summary>Whether the mapping is for the mounts below too.</summary>
    public bool MapsRecursively { get; private set; }

    /// <summary><c>z</c> or <c>Z</c>: what is bound gets the SELinux label of all containers, or this one's (not in the
    /// specification; runc has it).</summary>
    public string Relabel { get; private set; } = "";

    /// <summary>Whether the filesystem is told its SELinux label.</summary>
    public bool HasLabel => Data.Exists(option => option.StartsWith("context=", StringComparison.Ordinal));

    /// <summary>What the filesystem is told.</summary>
    public List<string> Data { get; } = [];

    /// <summary>All names that are known, for <c>features</c>.</summary>
    public static IEnumerable<string> Names =>
        s_attributes.SelectMany(row => (string[])[row.Name, "r" + row.Name]).Concat(s_propagations.Select(r => r.Name))
            .Concat(s_superblock).Concat(s_asIs).Concat(["bind", "rbind", "tmpcopyup", "idmap", "ridmap", "z", "Z"]);

    /// <summary>Reads mounts[].options.</summary>
    public static MountOptions Parse(SpecNode mount)
    {
        var options = new MountOptions();
        foreach (string option in mount.Texts("options")) options.Add(option);
        bool bind = options.IsBind || mount.Text("type") == "bind";
        // A filesystem refuses what it doesn't know; nothing would ask about it for a bind mount.
        if (bind && options.Data.Count > 0)
            throw mount.Wrong("options", $"has \"{options.Data[0]}\", which a bind mount doesn't have");
        return options;
    }

    /// <summary>Options as words, later ones before earlier ones.</summary>
    public static MountOptions Of(IEnumerable<string> words)
    {
        var options = new MountOptions();
        foreach (string word in words) options.Add(word);
        return options;
    }

    /// <summary>Gives a detached tree its attributes and propagation.</summary>
    public void ApplyTo(Fd tree)
    {
        if ((Set | Clear | Propagation) != 0) Mounts.SetAttributes(tree, Set, Clear, Propagation, recursive: false);
        if ((RecursiveSet | RecursiveClear) != 0)
            Mounts.SetAttributes(tree, RecursiveSet, RecursiveClear, 0, recursive: true);
        if (PropagatesRecursively) Mounts.SetAttributes(tree, 0, 0, Propagation, recursive: true);
    }

    private void Add(string option)
    {
        switch (option)
        {
            case "bind": IsBind = true; break;
            case "rbind": IsBind = IsRecursive = true; break;
            case "tmpcopyup": CopyUp = true; break;
            case "idmap": IdMap = true; break;
            case "z" or "Z": Relabel = option; break;
            case "ridmap": IdMap = MapsRecursively = true; break;
            default:
                if (!TryAttribute(option) && !TryPropagation(option) && Array.IndexOf(s_asIs, option) < 0)
                    Data.Add(option);
                break;
        }
    }

    private bool TryAttribute(string option)
    {
        foreach (var (name, set, clear) in s_attributes)
        {
            if (option == name)
            {
                Set = (Set & ~clear) | set;
                Clear = (Clear & ~set) | clear;
                return true;
            }
            if (option[0] != 'r' || !option.AsSpan(1).SequenceEqual(name)) continue;
            RecursiveSet = (RecursiveSet & ~clear) | set;
            RecursiveClear = (RecursiveClear & ~set) | clear;
            return true;
        }
        return false;
    }

    private bool TryPropagation(string option)
    {
        foreach (var (name, propagation, recursive) in s_propagations)
        {
            if (option != name) continue;
            (Propagation, PropagatesRecursively) = (propagation, recursive);
            return true;
        }
        return false;
    }
}
