using System.Text;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Volumes;

/// <summary>
/// The syntax of <c>--mount</c>: comma-separated <c>key=value</c> fields, which quotes may protect as in CSV.
/// </summary>
internal static class MountSyntax
{
    private static readonly (string Key, MountKind Kind)[] s_owners =
    [
        ("bind-", MountKind.Bind), ("volume-", MountKind.Volume), ("tmpfs-", MountKind.Tmpfs),
        ("image-", MountKind.Image),
    ];

    /// <summary>Reads one value; errors are in docker's words.</summary>
    /// <exception cref="UsageException">Not well-formed.</exception>
    public static MountSpec Parse(string text)
    {
        try
        {
            return ParseFields(Fields(text));
        }
        catch (UsageException e)
        {
            throw new UsageException($"invalid argument \"{text}\" for \"--mount\" flag: {e.Message}", 125);
        }
    }

    private static MountSpec ParseFields(List<string> fields)
    {
        Dictionary<string, string> options = [], labels = [];
        var spec = new MountSpec(MountKind.Volume, "", "") { DriverOptions = options, Labels = labels };
        string? foreign = null, propagation = null;
        foreach (string field in fields)
        {
            int equals = field.IndexOf('=');
            string key = (equals < 0 ? field : field[..equals]).ToLowerInvariant();
            string? value = equals < 0 ? null : field[(equals + 1)..];
            if (key is "volume-opt" or "volume-label") AddPair(key == "volume-opt" ? options : labels, value, field);
            else spec = With(spec, key, value, field);
            if (key == "bind-propagation") propagation = value;
            foreach (var row in s_owners)
                if (key.StartsWith(row.Key, StringComparison.Ordinal)) foreign = Foreign(foreign, row.Key);
        }
        string? companion = spec.Recursive is "readonly" or "writable" && !spec.ReadOnly ? "readonly"
            : spec.Recursive == "readonly" && propagation != "rprivate" ? "bind-propagation=rprivate" : null;
        CheckDriver(spec);
        return companion is null ? Checked(spec, foreign) : throw new UsageException(
            $"option 'bind-recursive={spec.Recursive}' requires '{companion}' to be specified in conjunction");
    }

    private static MountSpec With(MountSpec spec, string key, string? value, string field)
    {
        switch (key)
        {
            case "readonly" or "ro": return spec with { ReadOnly = Flag(key, value) };
            case "volume-nocopy": return spec with { NoCopy = Flag(key, value) };
            case "bind-nonrecursive": return spec with { Recursive = Flag(key, value) ? "disabled" : "" };
            case "bind-create-src": return spec with { CreateSource = Flag(key, value) };
        }
        if (value is null) throw new UsageException($"invalid field '{field}' must be a key=value pair");
        return key switch
        {
            "type" => spec with { Kind = Kind(value) },
            "source" or "src" => spec with { Source = value },
            "target" or "dst" or "destination" => spec with { Target = value },
            "bind-propagation" => spec with { Propagation = Propagation(value) },
            "bind-recursive" => spec with { Recursive = Recursive(value) },
            "volume-subpath" or "image-subpath" => spec with { Subpath = value },
            "volume-driver" => spec with { Driver = value },
            "tmpfs-size" => spec with
            {
                TmpfsSizeBytes = ByteSize.TryParse(value, out long size, out _) ? size : throw Invalid(key, value),
            },
            "tmpfs-mode" => spec with { TmpfsMode = TmpfsSyntax.TryMode(value) ?? throw Invalid(key, value) },
            // A hint for Docker's desktop virtual machine.
            "consistency" => spec,
            _ => throw new UsageException($"unexpected key '{key}' in '{field}'"),
        };
    }

    private static void CheckDriver(MountSpec spec)
    {
        if (spec.Driver is not ("" or "local"))
            throw new UsageException($"volume-driver: plugin \"{spec.Driver}\" not found: known is local");
        try
        {
            VolumeOptions.Check(spec.DriverOptions);
        }
        catch (UsageException e)
        {
            throw new UsageException($"volume-opt: {e.Message}");
        }
    }

    private static MountSpec Checked(MountSpec spec, string? foreign)
    {
        string kind = spec.Kind.ToString().ToLowerInvariant();
        if (spec.Target.Length == 0) throw new UsageException("target is required");
        if (!spec.Target.StartsWith('/'))
            throw new UsageException($"invalid mount path: '{spec.Target}' mount path must be absolute");
        if (spec.Target.AsSpan().Trim('/').IsEmpty)
            throw new UsageException("invalid specification: destination can't be '/'");
        if (foreign is not null && foreign != kind + "-")
            throw new UsageException($"cannot mix '{foreign}*' options with mount type '{kind}'");
        return spec.Kind switch
        {
            MountKind.Bind or MountKind.Image when spec.Source.Length == 0 =>
                throw new UsageException($"source is required for type '{kind}'"),
            MountKind.Bind when spec.Source[0] is not ('/' or '.') =>
                throw new UsageException($"invalid mount path: '{spec.Source}' mount path must be absolute"),
            MountKind.Bind => spec with { Source = Path.GetFullPath(spec.Source) },
            MountKind.Tmpfs when spec.Source.Length > 0 =>
                throw new UsageException("cannot specify source for type 'tmpfs'"),
            MountKind.Volume when spec.Subpath.Length > 0 && spec.Source.Length == 0 =>
                throw new UsageException("must not set volume-subpath when using anonymous volumes"),
            MountKind.Volume or MountKind.Image when spec.Subpath.Length > 0 && !Subpath.IsLocal(spec.Subpath) =>
                throw new UsageException(
                    $"{kind}-subpath '{spec.Subpath}' must be a relative path within the {kind}"),
            MountKind.Volume when spec.Source.Length > 0 && !VolumeSyntax.IsVolumeName(spec.Source) =>
                throw new UsageException($"\"{spec.Source}\" includes invalid characters for a local volume name, "
                    + "only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed"),
            _ => spec,
        };
    }

    private static string Foreign(string? before, string key) => before is null || before == key
        ? key
        : throw new UsageException($"cannot mix '{before}*' options with '{key}*' options");

    private static MountKind Kind(string value) => value.ToLowerInvariant() switch
    {
        "volume" => MountKind.Volume,
        "bind" => MountKind.Bind,
        "tmpfs" => MountKind.Tmpfs,
        "image" => MountKind.Image,
        "npipe" => throw new UsageException("mount type 'npipe' is not supported: named pipes are Windows'"),
        "cluster" => throw new UsageException("mount type 'cluster' is not supported: its volumes are Swarm's"),
        _ => throw new UsageException(
            $"mount type '{value}' is not supported; known are volume, bind, tmpfs and image"),
    };

    private static MountPropagation Propagation(string value) =>
        VolumeSyntax.TryPropagation(value.ToLowerInvariant(), out MountPropagation propagation)
            ? propagation
            : throw new UsageException($"invalid propagation value: {value}");

    private static string Recursive(string value) => value switch
    {
        "enabled" => "",
        "disabled" or "writable" or "readonly" => value,
        _ => throw new UsageException($"invalid value for bind-recursive: {value} "
            + "(must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"),
    };

    private static bool Flag(string key, string? value) => value switch
    {
        null or "1" or "true" => true,
        "0" or "false" => false,
        _ => throw Invalid(key, value),
    };

    private static UsageException Invalid(string key, string value) => new($"invalid value for {key}: {value}");

    private static void AddPair(Dictionary<string, string> pairs, string? value, string field)
    {
        if (value is null) throw new UsageException($"invalid field '{field}' must be a key=value pair");
        int equals = value.IndexOf('=');
        pairs[equals < 0 ? value : value[..equals]] = equals < 0 ? "" : value[(equals + 1)..];
    }

    /// <summary>Fields between commas, which quotes may protect.</summary>
    /// <exception cref="UsageException">A quote is not closed.</exception>
    public static List<string> Fields(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
            else if (c == '"' && (quoted || field.Length == 0)) quoted = !quoted;
            else if (c == ',' && !quoted) Flush();
            else field.Append(c);
        }
        if (quoted) throw new UsageException("a quote is not closed");
        Flush();
        return fields;

        void Flush()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }
}
