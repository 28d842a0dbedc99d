using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Agent.Networks;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Api;

/// <summary>
/// What the scope of a socket lets its clients do. Things of others are not there for them: they get the same answers
/// as for a name that nobody has.
/// </summary>
internal static class Scoped
{
    // Options that concern the network alone; the others name interfaces and addresses of the host.
    private static readonly string[] s_networkOptions =
    [
        "com.docker.network.driver.mtu", "com.docker.network.bridge.enable_icc",
        "com.docker.network.bridge.enable_ip_masquerade",
    ];

    /// <summary>Lets an operation go on, or answers for it.</summary>
    public static void Admit(ApiServer server, Operation operation, Exchange x)
    {
        if (x.Scope is not { } scope) return;
        (_, bool reads, ScopeRule rule) = ScopeTable.Of(operation.Name);
        if (scope.IsReadOnly ? !reads : rule == ScopeRule.Refused)
            throw Refusal(scope, $"{operation.Method} {operation.Path}");
        if (scope.IsReadOnly)
        {
            // ps shows environments when it is told to.
            if (x.Request.Query.Value("ps_args") is { Length: > 0 }) throw Refusal(scope, "ps_args");
            return;
        }
        // From here on the full id counts: a name may be another's a moment later.
        if (rule == ScopeRule.Container) x.Id = Container(server.Open(), x, x.Id).Id;
        else if (rule == ScopeRule.Network) x.Id = Network(server.Open(), x, x.Id).Id;
        else if (rule == ScopeRule.Volume) Volume(server.Open(), x, x.Id);
        else if (rule == ScopeRule.Exec && !scope.Has(server.Execs.Get(x.Id).Container.Labels))
            throw ExecTable.NotFound(x.Id);
    }

    /// <summary>Whether something with these labels is there for the client.</summary>
    public static bool Has(Exchange x, IReadOnlyDictionary<string, string> labels) => x.Scope?.Has(labels) ?? true;

    /// <summary>A container that is there for the client.</summary>
    public static ContainerConfig Container(Engine engine, Exchange x, string nameOrId)
    {
        ContainerConfig config = engine.Containers.Find(nameOrId);
        return Has(x, config.Labels) ? config : throw UsageException.NotFound($"No such container: {nameOrId}");
    }

    /// <summary>A network that is there for the client.</summary>
    public static NetworkRecord Network(Engine engine, Exchange x, string nameOrId)
    {
        NetworkRecord network = engine.Networks.Get(nameOrId);
        return Has(x, network.Labels) ? network : throw UsageException.NotFound($"network {nameOrId} not found");
    }

    /// <summary>A volume that is there for the client.</summary>
    public static Volume Volume(Engine engine, Exchange x, string name)
    {
        Volume volume = engine.Volumes.Get(name);
        return Has(x, volume.Labels) ? volume : throw UsageException.NotFound($"get {name}: no such volume");
    }

    /// <summary>The labels of something that the client makes.</summary>
    public static Dictionary<string, string> Labels(Exchange x, Dictionary<string, string> asked)
    {
        if (x.Scope is not { IsReadOnly: false } scope) return asked;
        if (asked.TryGetValue(scope.Key, out string? value) && value != scope.Value)
            throw Refusal(scope, $"the label {scope.Key}={value}");
        return new Dictionary<string, string>(asked) { [scope.Key] = scope.Value };
    }

    /// <summary>Refuses what a client's network could do to the host or to other networks.</summary>
    public static NetworkRequest Checked(Exchange x, NetworkRequest asked)
    {
        if (x.Scope is not { } scope) return asked;
        if (asked.Driver != "bridge") throw Refusal(scope, $"the driver {asked.Driver}");
        if (asked.UsesDhcp) throw Refusal(scope, "an IPAM driver");
        foreach (string option in asked.Options.Keys)
            if (!s_networkOptions.Contains(option)) throw Refusal(scope, $"the option {option}");
        return asked with { Labels = Labels(x, asked.Labels) };
    }

    /// <summary>Refuses options of a volume: they could be a mount of anything.</summary>
    public static Dictionary<string, string> CheckedVolume(Exchange x, Dictionary<string, string> options) =>
        x.Scope is { } scope && options.Count > 0
            ? throw Refusal(scope, $"an option such as {string.Join(", ", options.Keys)}") : options;

    /// <summary>Refuses what an endpoint could do beyond its network.</summary>
    public static EndpointSettings Checked(Exchange x, EndpointSettings asked) =>
        x.Scope is { } scope && asked.DriverOptions.Count > 0
            ? throw Refusal(scope, $"an option such as {string.Join(", ", asked.DriverOptions.Keys)}") : asked;

    /// <summary>Refuses rates of single devices, which name files of the host.</summary>
    public static void CheckUpdate(Exchange x, JsonElement body)
    {
        if (x.Scope is not { } scope) return;
        foreach (JsonProperty field in body.EnumerateObject())
            if (field.Value.ValueKind == JsonValueKind.Array && field.Value.GetArrayLength() > 0)
                throw Refusal(scope, field.Name);
    }

    /// <summary>Tells that the scope has no room for something.</summary>
    public static ApiException Refusal(SocketScope scope, string what) =>
        new(403, $"{what} is not allowed at this socket, whose scope is {scope}");
}
