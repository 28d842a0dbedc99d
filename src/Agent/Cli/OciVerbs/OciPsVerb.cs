using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci ps</c>.</summary>
internal sealed class OciPsVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci ps";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID [PS OPTION...]";

    /// <inheritdoc/>
    public override string Summary => "List the processes of a container";

    /// <inheritdoc/>
    public override Option[] Options =>
        [Option.Value("format", "string", "table (of the host's ps) or json (ids; default \"table\")", 'f')];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        string format = arguments.Value("format") ?? "table";
        using Cgroup cgroup = Open(arguments).OpenCgroup();
        IReadOnlyList<int> pids = cgroup.ProcessesBelow();
        if (format == "json") Output.Line($"[{string.Join(',', pids)}]");
        else if (format == "table") Output.Text(Table(pids, arguments.Positional[1..]));
        else throw arguments.Invalid("format", format, "table or json is wanted");
        return 0;
    }

    // ps(1) chooses its columns by many options; the header tells where it put the ids.
    private static string Table(IReadOnlyList<int> pids, List<string> options)
    {
        if (HostProgram.Find("ps", Environment.GetEnvironmentVariable("PATH")) is not { } ps)
            throw new UsageException("--format table needs ps on the host (package procps); --format json does not");
        if (options.Count == 0) options = ["-ef"];
        var (status, output) = HostProgram.Run(ps, options, []);
        if (status.ShellCode != 0) throw new UsageException($"ps {string.Join(' ', options)}: {status}");
        string[] lines = System.Text.Encoding.UTF8.GetString(output).TrimEnd('\n').Split('\n');
        int column = Array.IndexOf(Words(lines[0]), "PID");
        if (column < 0) throw new UsageException("ps was told to leave away the column PID, which is needed");
        return string.Concat(lines.Where((line, i) => i == 0 || IsOf(pids, line, column)).Select(line => line + "\n"));
    }

    private static bool IsOf(IReadOnlyList<int> pids, string line, int column)
    {
        string[] words = Words(line);
        return words.Length > column
            && int.TryParse(words[column], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            && pids.Contains(pid);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
