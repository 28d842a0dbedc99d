using System.Globalization;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>port</c>: published ports.</summary>
internal sealed class PortVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "port";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER [PRIVATE_PORT[/PROTO]]";

    /// <inheritdoc/>
    public override string Summary => "List port mappings or a specific mapping for the container";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        ContainerConfig config = engine.Containers.Find(arguments.Positional[0]);
        string? wanted = arguments.Positional.Count > 1 ? arguments.Positional[1] : null;
        if (wanted is not null) CheckPort(wanted.Split('/')[0]);
        if (wanted is not null && !wanted.Contains('/')) wanted += "/tcp";
        bool found = false;
        var ports = from port in engine.Networks.EndpointsOf(config.Id).SelectMany(end => end.Ports)
                    let inside = $"{port.ContainerPort}/{port.ProtocolName}"
                    select (inside, port);
        foreach (var (inside, port) in ports.OrderBy(row => row.inside, StringComparer.Ordinal))
        {
            if (wanted is not null && wanted != inside) continue;
            Output.Line(wanted is null ? $"{inside} -> {port.HostText}" : port.HostText);
            found = true;
        }
        if (wanted is not null && !found) throw new UsageException(
            $"No public port '{arguments.Positional[1]}' published for {arguments.Positional[0]}");
        return 0;
    }

    private static void CheckPort(string text)
    {
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new UsageException($"invalid port ({text}): strconv.ParseUint: parsing \"{text}\": invalid syntax");
    }
}
