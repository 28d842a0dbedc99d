using Skiff.Agent.Api.Http;

namespace Skiff.Agent.Api;

/// <summary>One operation of the Engine API, as data.</summary>
/// <param name="Method">GET, POST, PUT, DELETE or HEAD.</param>
/// <param name="Path">The path without the version; <c>{id}</c> or <c>{name}</c> stands for one name, which of an image
/// or plugin may have slashes.</param>
/// <param name="Name">The operation's id in the description of the API.</param>
/// <param name="Handle">Answers it.</param>
internal sealed record Operation(string Method, string Path, string Name, Func<ApiServer, Exchange, Task> Handle)
{
    private readonly string _before = Path[..Cut(Path)];
    private readonly string _after = Path.IndexOf('}') is >= 0 and var end ? Path[(end + 1)..] : "";

    /// <summary>Whether a path is this operation's; with the name in it, unescaped.</summary>
    public bool Matches(string path, out string id)
    {
        id = "";
        if (_before.Length == Path.Length) return path == Path;
        if (path.Length <= _before.Length + _after.Length || !path.StartsWith(_before, StringComparison.Ordinal)
            || !path.EndsWith(_after, StringComparison.Ordinal)) return false;
        string name = path[_before.Length..^_after.Length];
        if (name.Contains('/') && !_before.StartsWith("/images/", StringComparison.Ordinal)
            && !_before.StartsWith("/distribution/", StringComparison.Ordinal)
            && !_before.StartsWith("/plugins/", StringComparison.Ordinal)) return false;
        id = Uri.UnescapeDataString(name);
        return true;
    }

    private static int Cut(string path) => path.IndexOf('{') is >= 0 and var start ? start : path.Length;
}
