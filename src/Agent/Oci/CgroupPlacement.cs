using Skiff.Agent.Manager;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Oci;

/// <summary>Where linux.cgroupsPath leads in the cgroup v2 tree.</summary>
internal static class CgroupPlacement
{
    private const string SliceSuffix = ".slice";

    /// <summary>The path below the tree's root, without a slash in front.</summary>
    /// <param name="cgroupsPath">As configured; may be empty.</param>
    /// <param name="id">The container.</param>
    /// <param name="systemd">Whether the path is SLICE:PREFIX:NAME.</param>
    /// <param name="own">The runtime's own cgroup, from the tree's root, which relative paths start beside.</param>
    public static string Resolve(string cgroupsPath, string id, bool systemd, string own)
    {
        if (systemd) return OfSystemd(cgroupsPath, id);
        if (cgroupsPath.Length == 0) return $"skiff-oci/{id}";
        string path = cgroupsPath.StartsWith('/') ? cgroupsPath : $"{Path.GetDirectoryName(own)}/{cgroupsPath}";
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0 || Array.Exists(parts, part => part is "." or ".."))
            throw new UsageException($"linux.cgroupsPath is \"{cgroupsPath}\", a path to a cgroup of the container's"
                + " own is wanted");
        return string.Join('/', parts);
    }

    /// <summary>Makes the cgroup; refuses one that has processes, which would become the container's.</summary>
    public static Cgroup Create(CgroupHierarchy hierarchy, string path, CgroupControllers needed)
    {
        Cgroup cgroup = Create(hierarchy, path, needed, CgroupControllers.Containers);
        if (!cgroup.Populated) return cgroup;
        using (cgroup)
            throw new UsageException($"linux.cgroupsPath: {cgroup.Path} has processes already; "
                + "a container needs a cgroup of its own");
    }

    // What only statistics want is left away where processes stand in the way (the no-internal-process rule).
    private static Cgroup Create(
        CgroupHierarchy hierarchy, string path, CgroupControllers needed, CgroupControllers wanted)
    {
        try
        {
            return Cgroup.Create(hierarchy, path, needed | wanted);
        }
        catch (Skiff.Interop.LinuxException e) when (e.Errno is Skiff.Interop.Errno.EBUSY)
        {
            return Cgroup.Create(hierarchy, path, needed);
        }
    }

    // systemd nests slices by the dashes of their names: a-b.slice lies in a.slice.
    private static string OfSystemd(string cgroupsPath, string id)
    {
        string[] parts = cgroupsPath.Length == 0 ? ["", "skiff-oci", id] : cgroupsPath.Split(':');
        if (parts.Length != 3 || parts[2].Length == 0 || cgroupsPath.Contains('/'))
            throw new UsageException($"linux.cgroupsPath is \"{cgroupsPath}\"; with --systemd-cgroup it is"
                + " SLICE:PREFIX:NAME");
        string slice = parts[0].Length > 0 ? parts[0] : "system" + SliceSuffix;
        string name = parts[2].EndsWith(SliceSuffix, StringComparison.Ordinal) ? parts[2]
            : parts[1].Length > 0 ? $"{parts[1]}-{parts[2]}.scope" : $"{parts[2]}.scope";
        return $"{Expand(slice)}{name}";
    }

    private static string Expand(string slice)
    {
        if (!slice.EndsWith(SliceSuffix, StringComparison.Ordinal))
            throw new UsageException($"linux.cgroupsPath: \"{slice}\" is no slice");
        if (slice == "-" + SliceSuffix) return "";
        string path = "", prefix = "";
        foreach (string part in slice[..^SliceSuffix.Length].Split('-'))
        {
            if (part.Length == 0) throw new UsageException($"linux.cgroupsPath: \"{slice}\" is no slice");
            prefix = prefix.Length == 0 ? part : $"{prefix}-{part}";
            path += $"{prefix}{SliceSuffix}/";
        }
        return path;
    }
}
