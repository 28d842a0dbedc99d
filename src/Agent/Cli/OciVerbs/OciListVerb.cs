using System.Text;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci list</c>.</summary>
internal sealed class OciListVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci list";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "List the containers below --root";

    /// <inheritdoc/>
    public override Option[] Options =>
    [
        Option.Value("format", "string", "table or json (default \"table\")", 'f'),
        Option.Flag("quiet", "Only names", 'q'),
    ];

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        string format = arguments.Value("format") ?? "table";
        List<(ContainerRecord Record, ContainerStatus Status)> containers =
            [.. Runtime.List().Select(container => (container.Record, container.Status()))];
        if (arguments.Flag("quiet")) containers.ForEach(container => Output.Line(container.Record.Id));
        else if (format == "json") Output.Line(Json(containers));
        else if (format == "table") Output.Text(Table(containers));
        else throw arguments.Invalid("format", format, "table or json is wanted");
        return 0;
    }

    private static string Json(List<(ContainerRecord Record, ContainerStatus Status)> containers)
    {
        // The writer of records has no arrays without a name.
        var objects = containers.Select(container =>
            Encoding.UTF8.GetString(StateFormat.Write(container.Record, container.Status, extended: true)));
        return containers.Count == 0 ? "null" : $"[{string.Join(',', objects)}]";
    }

    private static string Table(List<(ContainerRecord Record, ContainerStatus Status)> containers)
    {
        List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
        foreach (var (record, status) in containers)
            rows.Add([record.Id, $"{(status == ContainerStatus.Stopped ? 0 : record.Pid)}", StateFormat.Word(status),
                record.Bundle, $"{record.Created:O}", record.Owner == 0 ? "root" : $"#{record.Owner}"]);
        return TextTable.Render(rows);
    }
}
