using System.Text.RegularExpressions;

namespace Skiff.System.Tests.Api;

/// <summary>One command of docker-commands.txt.</summary>
/// <param name="Section">Those of a section run one after another and see what the ones before have done.</param>
/// <param name="ExitCode">How it has to end.</param>
/// <param name="Line">A line of a shell.</param>
/// <param name="Patterns">What its output has to match; those that begin with ! it must not.</param>
public sealed record DockerCommand(string Section, int ExitCode, string Line, List<string> Patterns)
{
    private const string Indent = "    ";

    /// <summary>Those for one version of the client.</summary>
    public static List<DockerCommand> ReadAll(string version)
    {
        var all = new List<(DockerCommand Command, string Version)>();
        string section = "";
        foreach (string line in File.ReadLines(SkiffHost.Source("tests/System.Tests/Api/docker-commands.txt")))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == '[') section = line.Trim('[', ']');
            else if (line.StartsWith(Indent, StringComparison.Ordinal)) all[^1].Command.Patterns.Add(line[4..]);
            else
            {
                string[] head = line[..line.IndexOf(' ')].Split('@');
                all.Add((new DockerCommand(section, int.Parse(head[0]), line[(line.IndexOf(' ') + 1)..], []),
                    head.ElementAtOrDefault(1) ?? version));
            }
        }
        return [.. all.Where(one => one.Version == version).Select(one => one.Command)];
    }

    /// <summary>What is wrong with what it did; empty when nothing is. stdout has all of its output.</summary>
    public string Problem(CommandResult result)
    {
        List<string> wrong = result.ExitCode == ExitCode ? [] : [$"exit code {result.ExitCode}, not {ExitCode}"];
        wrong.AddRange(Patterns.Where(pattern => pattern[0] == '!'
            ? Regex.IsMatch(result.Out, pattern[1..], RegexOptions.Multiline)
            : !Regex.IsMatch(result.Out, pattern, RegexOptions.Multiline)));
        return wrong.Count == 0 ? "" : $"{Line}\n  {string.Join("\n  ", wrong)}\n  it printed:\n{result.Out}";
    }
}
