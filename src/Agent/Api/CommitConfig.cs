using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>The body of ImageCommit: a configuration whose fields go before those of the container.</summary>
internal static class CommitConfig
{
    /// <summary>Both together, as Docker puts them together: lists of names add up, everything else replaces.</summary>
    public static ContainerDefaults Over(JsonElement? body, ContainerDefaults of) =>
        body is not { } given ? of : of with
    {
        User = Or(Text(given, "User"), of.User),
        WorkingDir = Or(Text(given, "WorkingDir"), of.WorkingDir),
        StopSignal = Or(Text(given, "StopSignal"), of.StopSignal),
        StopTimeoutSeconds = (int?)Number(given, "StopTimeout") ?? of.StopTimeoutSeconds,
        // Arguments that were meant for another entrypoint go with it.
        Entrypoint = Or(Texts(given, "Entrypoint"), of.Entrypoint),
        Cmd = Or(Texts(given, "Cmd"), Texts(given, "Entrypoint") is { Count: > 0 } ? null : of.Cmd),
        OnBuild = Or(Texts(given, "OnBuild"), of.OnBuild),
        Shell = Or(Texts(given, "Shell"), of.Shell),
        Env = Variables(Texts(given, "Env") ?? [], of.Env ?? []),
        Labels = Labels(given, of.Labels),
        ExposedPorts = Names(given, "ExposedPorts", of.ExposedPorts),
        Volumes = Names(given, "Volumes", of.Volumes),
        Healthcheck = Containers.ContainerFactory.MergeHealth(JsonBody.Object(given, "Healthcheck") is { } check
            ? ContainerCreation.HealthcheckOf(check) : null, of.Healthcheck),
    };

    private static string? Or(string given, string? other) => given.Length > 0 ? given : other;

    private static IReadOnlyList<string>? Or(List<string>? given, IReadOnlyList<string>? other) =>
        given is { Count: > 0 } ? given : other;

    private static List<string> Variables(List<string> given, IReadOnlyList<string> others)
    {
        List<string> all = [.. given];
        foreach (string other in others)
        {
            string start = other[..(other.IndexOf('=') + 1)];
            if (!given.Exists(one => one.StartsWith(start, StringComparison.Ordinal))) all.Add(other);
        }
        return all;
    }

    private static Dictionary<string, string>? Labels(JsonElement given, Dictionary<string, string>? others)
    {
        Dictionary<string, string> all = new(others ?? []);
        foreach ((string key, string value) in Pairs(given, "Labels")) all[key] = value;
        return all.Count > 0 ? all : null;
    }

    private static Dictionary<string, EmptyObject>? Names(
        JsonElement given, string field, Dictionary<string, EmptyObject>? others)
    {
        Dictionary<string, EmptyObject> all = new(others ?? []);
        foreach ((string name, _) in Entries(given, field)) all[name] = EmptyObject.Instance;
        return all.Count > 0 ? all : null;
    }
}
