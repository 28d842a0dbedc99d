using Skiff.Agent.Manager;

namespace Skiff.Agent.Volumes;

/// <summary>The syntax of <c>-v</c> and of the API's binds: <c>[SOURCE:]TARGET[:MODE]</c>.</summary>
internal static class VolumeSyntax
{
    /// <summary>Reads one value; errors are in docker's words.</summary>
    /// <exception cref="UsageException">Not well-formed.</exception>
    public static MountSpec Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 3 || parts.Contains("")) throw Invalid(text);
        if (parts.Length == 1) return Checked(text, new MountSpec(MountKind.Volume, "", text));
        // A target and a mode alone would be an anonymous volume with a mode, which docker does not have.
        if (parts.Length == 2 && !parts[1].StartsWith('/') && IsMode(parts[1])) throw Invalid(text);
        MountSpec spec = WithSource(parts[0], parts[1]);
        return Checked(text, parts.Length == 3 ? WithMode(spec, parts[2]) : spec);
    }

    /// <summary>Whether a volume may have this name.</summary>
    public static bool IsVolumeName(string name)
    {
        if (name.Length < 2 || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-')) return false;
        return true;
    }

    /// <summary>Refuses a target that is relative or the root itself.</summary>
    internal static void CheckTarget(string target, string kind, string text)
    {
        string prefix = $"invalid volume specification: '{text}': invalid mount config for type \"{kind}\": ";
        if (!target.StartsWith('/'))
            throw new UsageException($"{prefix}invalid mount path: '{target}' mount path must be absolute", 125);
        if (target.AsSpan().Trim('/').IsEmpty)
            throw new UsageException($"{prefix}invalid specification: destination can't be '/'", 125);
    }

    private static MountSpec WithSource(string source, string target)
    {
        if (source[0] is '/' or '.')
            return new MountSpec(MountKind.Bind, Path.GetFullPath(source), target) { CreateSource = true };
        if (!IsVolumeName(source))
            throw new UsageException($"create {source}: \"{source}\" includes invalid characters for a local volume "
                + "name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, "
                + "use absolute path", 125);
        return new MountSpec(MountKind.Volume, source, target);
    }

    private static MountSpec WithMode(MountSpec spec, string mode)
    {
        var seen = new HashSet<string>();
        foreach (string word in mode.Split(','))
        {
            if (!seen.Add(Family(word))) throw InvalidMode(mode);
            spec = WithWord(spec, word, mode);
        }
        return spec;
    }

    private static MountSpec WithWord(MountSpec spec, string word, string mode) => word switch
    {
        "ro" => spec with { ReadOnly = true },
        "z" or "Z" => spec with { Relabel = word },
        // Hints for Docker's desktop virtual machine ask for nothing here.
        "rw" or "consistent" or "cached" or "delegated" => spec,
        "nocopy" when spec.Kind == MountKind.Volume => spec with { NoCopy = true },
        _ when spec.Kind == MountKind.Bind && TryPropagation(word, out MountPropagation propagation) =>
            spec with { Propagation = propagation },
        _ => throw InvalidMode(mode),
    };

    /// <summary>Reads <c>rslave</c> and its kind.</summary>
    internal static bool TryPropagation(string word, out MountPropagation propagation)
    {
        MountPropagation? found = word switch
        {
            "rprivate" => MountPropagation.RPrivate,
            "private" => MountPropagation.Private,
            "rshared" => MountPropagation.RShared,
            "shared" => MountPropagation.Shared,
            "rslave" => MountPropagation.RSlave,
            "slave" => MountPropagation.Slave,
            _ => null,
        };
        propagation = found ?? default;
        return found.HasValue;
    }

    /// <summary>Words of which a mode may have one.</summary>
    private static string Family(string word) => word switch
    {
        "ro" or "rw" => "access",
        "z" or "Z" => "label",
        "consistent" or "cached" or "delegated" => "consistency",
        _ => TryPropagation(word, out _) ? "propagation" : word,
    };

    private static bool IsMode(string text)
    {
        foreach (string word in text.Split(','))
            if (Family(word) is not ("access" or "label" or "consistency" or "propagation" or "nocopy")) return false;
        return true;
    }

    private static MountSpec Checked(string text, MountSpec spec)
    {
        CheckTarget(spec.Target, spec.Kind == MountKind.Bind ? "bind" : "volume", text);
        return spec;
    }

    private static UsageException Invalid(string text) => new($"invalid volume specification: '{text}'", 125);

    private static UsageException InvalidMode(string mode) => new($"invalid mode: {mode}", 125);
}
