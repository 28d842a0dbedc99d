using System.Globalization;
using System.Text;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>top</c>: the processes of a container, as the host's ps shows them.</summary>
internal sealed class TopVerb : Verb
{
    private const int LeastWidth = 20;

    /// <inheritdoc/>
    public override string Name => "top";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER [ps OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Display the running processes of a container";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        IReadOnlyList<int> pids = engine.ProcessesOf(engine.Containers.Find(arguments.Positional[0]));
        List<string> options = arguments.Positional[1..];
        string? ps = HostProgram.Find("ps", Environment.GetEnvironmentVariable("PATH"));
        if (ps is null && options.Count > 0)
            throw new UsageException("this host has no program ps, which would understand these options: "
                + "without options there is a table all the same");
        List<string[]> rows = ps is null ? ProcessTable.Read(pids)
            : Filter(Ask(ps, options.Count == 0 ? ["-ef"] : options, pids), pids);
        Output.Text(TextTable.Render(rows, LeastWidth));
        return 0;
    }

    // Without a word on whose processes are meant, ps may show those of the user's terminal alone; busybox's ps, on the
    // other hand, does not know -q.
    private static string Ask(string ps, List<string> options, IReadOnlyList<int> pids)
    {
        string list = string.Join(',', pids.Select(pid => pid.ToString(CultureInfo.InvariantCulture)));
        (ExitStatus status, byte[] output) = HostProgram.Run(ps, [.. options, "-q" + list], [], quiet: true);
        if (status.ShellCode != 0) (status, output) = HostProgram.Run(ps, options, []);
        return status.ShellCode == 0 ? Encoding.UTF8.GetString(output)
            : throw new UsageException($"ps {string.Join(' ', options)}: exit status {status.ShellCode}");
    }

    // The last column may have blanks inside.
    private static List<string[]> Filter(string output, IReadOnlyList<int> pids)
    {
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] titles = lines.Length == 0 ? [] : Words(lines[0], int.MaxValue);
        int column = Array.IndexOf(titles, "PID");
        if (column < 0) throw new UsageException("Couldn't find PID field in ps output");
        List<string[]> rows = [titles];
        foreach (string line in lines.AsSpan(1))
        {
            string[] words = Words(line, titles.Length);
            if (words.Length > column && int.TryParse(words[column], CultureInfo.InvariantCulture, out int pid)
                && pids.Contains(pid)) rows.Add(words);
        }
        return rows;
    }

    private static string[] Words(string line, int most) => line.Split(
        ' ', most, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
