using System.Text;
using System.Text.Json;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Seccomp;

namespace Skiff.Agent.Cli;

/// <summary><c>--security-opt</c>.</summary>
internal static class SecurityOptions
{
    private static readonly string[] s_labelParts = ["user", "role", "type", "level", "filetype"];

    /// <summary>
    /// Each option as <c>key=value</c>, checked; a seccomp profile is read from its file now, as docker does.
    /// </summary>
    /// <exception cref="UsageException">An option is unknown, or its value is impossible.</exception>
    public static string[] Read(IReadOnlyList<string> values)
    {
        var result = new string[values.Count];
        for (int i = 0; i < result.Length; i++) result[i] = Read(values[i]);
        return result;
    }

    private static string Read(string option)
    {
        int at = option.IndexOf('=');
        if (at < 0) at = option.IndexOf(':');
        string key = at < 0 ? option : option[..at], value = at < 0 ? "" : option[(at + 1)..];
        return (key, value) switch
        {
            (SecuritySettings.NoNewPrivileges, _) => $"{key}={(at < 0 || Truth(option, value) ? "true" : "false")}",
            (_, "") => throw Invalid(option),
            (SecuritySettings.Seccomp, SecuritySettings.Unconfined or SecuritySettings.Builtin) => $"{key}={value}",
            (SecuritySettings.Seccomp, _) => $"{key}={ReadProfile(value)}",
            (SecuritySettings.AppArmor, _) => $"{key}={value}",
            (SecuritySettings.SystemPaths, SecuritySettings.Unconfined) => $"{key}={value}",
            (SecuritySettings.Label, _) => $"{key}={Label(value)}",
            _ => throw Invalid(option),
        };
    }

    private static UsageException Invalid(string option) => new($"invalid --security-opt: \"{option}\"", 125);

    // What Go takes for a truth.
    private static bool Truth(string option, string value) => value switch
    {
        "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        _ => throw Invalid(option),
    };

    private static string Label(string value)
    {
        int colon = value.IndexOf(':');
        bool isPart = colon > 0 && colon < value.Length - 1 && Array.IndexOf(s_labelParts, value[..colon]) >= 0;
        if (isPart || value is SecuritySettings.Disable or SecuritySettings.Nested) return value;
        throw new UsageException($"invalid --security-opt: bad label option \"{value}\", valid options 'disable', "
            + "'nested' or 'user, role, level, type, filetype' followed by ':' and a value", 125);
    }

    // A path, or, as clients of the API send it, the profile itself.
    private static string ReadProfile(string path)
    {
        byte[] json = Encoding.UTF8.GetBytes(path);
        if (path.StartsWith('{')) path = "given as JSON";
        else if (Files.TryReadAllBytes(Fd.Cwd, path, out json) is not Errno.None and var errno)
            throw new UsageException($"opening seccomp profile ({path}) failed: {ErrnoText.Of(errno)}", 125);
        try
        {
            SeccompProfile.Parse(json).Compile(SeccompTarget.ForHost(0));
            using var compact = new MemoryStream();
            using (JsonDocument document = JsonDocument.Parse(json))
            using (var writer = new Utf8JsonWriter(compact)) document.WriteTo(writer);
            return Encoding.UTF8.GetString(compact.ToArray());
        }
        catch (FormatException e)
        {
            throw new UsageException($"seccomp profile ({path}) cannot be used: {e.Message}", 125);
        }
    }
}
