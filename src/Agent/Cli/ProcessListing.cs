using System.Globalization;
using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli;

/// <summary>The processes of a container, as the host's ps shows them.</summary>
internal static class ProcessListing
{
    /// <summary>The titles, and a row for each process.</summary>
    /// <param name="engine">Has the container.</param>
    /// <param name="config">The container.</param>
    /// <param name="options">For ps; none for <c>-ef</c>.</param>
    /// <exception cref="UsageException">It is not running, or ps does not understand the options.</exception>
    public static List<string[]> Read(Engine engine, ContainerConfig config, List<string> options)
    {
        CheckTitles(string.Join(' ', options));
        IReadOnlyList<int> pids = engine.ProcessesOf(config);
        string? ps = HostProgram.Find("ps", Environment.GetEnvironmentVariable("PATH"));
        if (ps is null && options.Count > 0)
            throw new UsageException("this host has no program ps, which would understand these options: "
                + "without options there is a table all the same");
        return ps is null ? ProcessTable.Read(pids)
            : Filter(Ask(ps, options.Count == 0 ? ["-ef"] : options, pids), pids);
    }

    // What stands below the title PID has to be a process's number: it says which rows are the container's.
    private static void CheckTitles(string options)
    {
        for (int equals = options.IndexOf('='); equals >= 0; equals = options.IndexOf('=', equals + 1))
        {
            string key = options[(options.LastIndexOf(' ', equals) + 1)..equals];
            string title = options[(equals + 1)..].TrimStart();
            if (title.StartsWith("PID", StringComparison.Ordinal) && key != "pid")
                throw new UsageException($"specifying \"{key}={title.Split(' ')[0]}\" is not allowed");
        }
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
