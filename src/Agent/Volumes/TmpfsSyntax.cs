using Skiff.Agent.Manager;

namespace Skiff.Agent.Volumes;

/// <summary>The syntax of <c>--tmpfs</c>: <c>TARGET[:OPTION[,OPTION...]]</c>.</summary>
internal static class TmpfsSyntax
{
    private static readonly string[] s_words =
    [
        "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync", "remount", "mand",
        "nomand", "atime", "noatime", "diratime", "nodiratime", "bind", "rbind", "relatime", "norelatime",
        "strictatime", "nostrictatime", "defaults",
    ];

    private static readonly string[] s_keys = ["uid", "gid", "nr_inodes", "nr_blocks", "mpol"];

    /// <summary>Reads one value; errors are in docker's words.</summary>
    /// <exception cref="UsageException">Not well-formed.</exception>
    public static MountSpec Parse(string text)
    {
        int colon = text.IndexOf(':');
        string target = colon < 0 ? text : text[..colon];
        VolumeSyntax.CheckTarget(target, "tmpfs", text);
        var spec = new MountSpec(MountKind.Tmpfs, "", target);
        if (colon < 0 || colon == text.Length - 1) return spec;
        var others = new List<string>();
        foreach (string option in text[(colon + 1)..].Split(',')) spec = With(spec, option, others);
        return spec with { TmpfsOptions = others };
    }

    /// <summary>Reads permission bits in octal; null when they are none.</summary>
    internal static int? TryMode(string text)
    {
        int mode = 0;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7' || mode > 0xFFF) return null;
            mode = (mode << 3) | (digit - '0');
        }
        return text.Length > 0 && mode <= 0xFFF ? mode : null;
    }

    private static int Mode(string text) =>
        TryMode(text) ?? throw new UsageException($"invalid tmpfs mode: {text}", 125);

    private static long Size(string text) =>
        ByteSize.TryParse(text, out long bytes, out string problem) ? bytes : throw new UsageException(problem, 125);

    private static MountSpec With(MountSpec spec, string option, List<string> others)
    {
        int equals = option.IndexOf('=');
        string key = equals < 0 ? option : option[..equals];
        string value = equals < 0 ? "" : option[(equals + 1)..];
        if (equals < 0 && key == "ro") return spec with { ReadOnly = true };
        if (equals >= 0 && key == "size") return spec with { TmpfsSizeBytes = Size(value) };
        if (equals >= 0 && key == "mode") return spec with { TmpfsMode = Mode(value) };
        if (!(equals < 0 ? s_words : s_keys).Contains(key))
            throw new UsageException($"invalid tmpfs option [\"{option}\"]", 125);
        others.Add(option);
        return spec;
    }
}
