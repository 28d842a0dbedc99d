using Skiff.Agent.Containers;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// What the options labels, labels-regex, env and env-regex add to every line: labels and variables of the container.
/// </summary>
internal static class LogAttributes
{
    /// <summary>Names, changed by <paramref name="name"/>, and values.</summary>
    public static Dictionary<string, string> Of(ContainerConfig config, LogOptions options, Func<string, string> name)
    {
        var found = new Dictionary<string, string>();
        Func<string, bool> wanted = Wanted(options.Text("labels"), options.Text("labels-regex"));
        foreach (var (key, value) in config.Labels)
            if (wanted(key)) found[name(key)] = value;
        wanted = Wanted(options.Text("env"), options.Text("env-regex"));
        foreach (string variable in config.Env)
            if (variable.IndexOf('=') is > 0 and var equals && wanted(variable[..equals]))
                found[name(variable[..equals])] = variable[(equals + 1)..];
        return found;
    }

    private static Func<string, bool> Wanted(string? names, string? pattern)
    {
        string[] listed = names?.Split(',') ?? [];
        LogPattern? matches = pattern is null ? null : new LogPattern(pattern);
        return name => listed.Contains(name) || matches?.IsMatch(name) == true;
    }
}
