using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary><c>--security-opt</c>.</summary>
internal static class SecurityOptions
{
    /// <summary>Normalised to key=value; a seccomp profile is read from its file now, as docker does.</summary>
    public static string[] Read(IReadOnlyList<string> values)
    {
        var result = new List<string>();
        foreach (string value in values)
        {
            string option = value.Contains('=') ? value : value.Replace(':', '=');
            result.Add(option switch
            {
                "no-new-privileges" or "no-new-privileges=true" => "no-new-privileges",
                "no-new-privileges=false" => "",
                "seccomp=unconfined" or "systempaths=unconfined" => option,
                "seccomp=builtin" => "",
                _ when option.StartsWith("seccomp=", StringComparison.Ordinal) =>
                    "seccomp=" + ReadProfile(option["seccomp=".Length..]),
                "apparmor=unconfined" or "label=disable" => "",
                _ => throw new UsageException(
                    $"invalid --security-opt: {value}: this version knows no-new-privileges, seccomp, systempaths",
                        125),
            });
        }
        result.RemoveAll(o => o.Length == 0);
        return [.. result];
    }

    private static string ReadProfile(string path)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes);
        return errno == Errno.None
            ? System.Text.Encoding.UTF8.GetString(bytes)
            : throw new UsageException($"opening seccomp profile ({path}) failed: {ErrnoText.Of(errno)}", 125);
    }
}
