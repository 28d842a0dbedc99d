using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary><c>-v</c>, <c>--mount</c> and <c>--tmpfs</c>.</summary>
internal static class MountFlags
{
    /// <summary>All mounts asked for; two at one place are refused.</summary>
    public static Mount[] Read(ParsedArguments a)
    {
        var mounts = new List<Mount>();
        foreach (string value in a.Values("volume")) mounts.Add(ParseVolume(value));
        foreach (string value in a.Values("mount")) mounts.Add(ParseMount(value));
        foreach (string value in a.Values("tmpfs")) mounts.Add(ParseTmpfs(value));
        for (int i = 0; i < mounts.Count; i++)
            if (mounts.FindIndex(m => m.Target == mounts[i].Target) < i)
                throw new UsageException($"Duplicate mount point: {mounts[i].Target}", 125);
        return [.. mounts];
    }

    /// <summary><c>[SOURCE:]TARGET[:OPTIONS]</c>; a missing host directory is made, as docker does for -v.</summary>
    public static Mount ParseVolume(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length is 0 or > 3 || text.Length == 0) throw new UsageException($"invalid volume specification: '{text}'", 125);
        if (parts.Length == 1) return new Mount("volume", "", Target(parts[0], text));
        string source = parts[0].StartsWith('.') ? Path.GetFullPath(parts[0]) : parts[0];
        bool bind = source.StartsWith('/');
        var mount = new Mount(bind ? "bind" : "volume", source, Target(parts[1], text));
        foreach (string option in parts.Length == 3 ? parts[2].Split(',') : [])
            mount = option switch
            {
                "ro" => mount with { ReadOnly = true },
                "rw" or "z" or "Z" or "consistent" or "cached" or "delegated" => mount,
                "nocopy" => mount with { NoCopy = true },
                _ when BindTree.IsPropagation(option) => mount with { Propagation = option },
                _ => throw new UsageException($"invalid mode: {option}", 125),
            };
        if (bind && !Files.Exists(source)) Files.MakeDirectories(source);
        return mount;
    }

    /// <summary><c>type=bind,source=…,target=…,readonly</c> and its sisters.</summary>
    public static Mount ParseMount(string text)
    {
        var mount = new Mount("volume", "", "");
        var tmpfs = new List<string>();
        foreach (string field in text.Split(','))
        {
            int equals = field.IndexOf('=');
            string key = (equals < 0 ? field : field[..equals]).ToLowerInvariant(), value = equals < 0 ? "" : field[(equals + 1)..];
            mount = key switch
            {
                "type" => mount with { Type = value },
                "source" or "src" => mount with { Source = value },
                "target" or "dst" or "destination" => mount with { Target = value },
                "readonly" or "ro" => mount with { ReadOnly = value is "" or "true" or "1" },
                "bind-propagation" when BindTree.IsPropagation(value) => mount with { Propagation = value },
                "bind-recursive" when value == "disabled" => mount with { Propagation = mount.Propagation.TrimStart('r') },
                "volume-nocopy" => mount with { NoCopy = value is "" or "true" or "1" },
                "tmpfs-size" => Tmpfs(mount, tmpfs, $"size={ByteSize.Parse(value)}"),
                "tmpfs-mode" => Tmpfs(mount, tmpfs, $"mode={value}"),
                _ => throw new UsageException($"invalid argument \"{text}\" for \"--mount\" flag: unexpected key '{key}' in '{field}'", 125),
            };
        }
        if (mount.Type is not ("bind" or "volume" or "tmpfs")) throw new UsageException($"invalid mount config: type {mount.Type} is unknown", 125);
        if (mount.Type == "bind" && !mount.Source.StartsWith('/'))
            throw new UsageException($"invalid mount config for type \"bind\": invalid mount path: '{mount.Source}' mount path must be absolute", 125);
        return mount with { Target = Target(mount.Target, text), TmpfsOptions = string.Join(',', tmpfs) };
    }

    private static Mount Tmpfs(Mount mount, List<string> options, string option)
    {
        options.Add(option);
        return mount;
    }

    // The flags that tmpfs mounts have anyway, or that are mount attributes, are no options of the filesystem.
    private static Mount ParseTmpfs(string text)
    {
        int colon = text.IndexOf(':');
        var mount = new Mount("tmpfs", "", Target(colon < 0 ? text : text[..colon], text));
        var options = new List<string>();
        foreach (string option in colon < 0 ? [] : text[(colon + 1)..].Split(','))
        {
            if (option == "ro") mount = mount with { ReadOnly = true };
            else if (option is not ("rw" or "noexec" or "nosuid" or "nodev" or "exec" or "suid" or "dev"))
                options.Add(option.StartsWith("size=", StringComparison.Ordinal) ? $"size={ByteSize.Parse(option[5..])}" : option);
        }
        return mount with { TmpfsOptions = string.Join(',', options) };
    }

    private static string Target(string target, string whole)
    {
        if (!target.StartsWith('/')) throw new UsageException($"invalid volume specification: '{whole}': invalid mount path: '{target}' mount path must be absolute", 125);
        string clean = Path.GetFullPath(target);
        return clean != "/" ? clean : throw new UsageException($"invalid volume specification: '{whole}': invalid specification: destination can't be '/'", 125);
    }
}
