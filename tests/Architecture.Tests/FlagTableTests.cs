using System.Text.RegularExpressions;
using Skiff.Agent.Cli;

namespace Skiff.Architecture.Tests;

/// <summary>
/// docs/flags.md tells the truth: it has each flag that Skiff knows and each that Docker has, and what it names as a
/// flag's test is there and uses the flag.
/// </summary>
public partial class FlagTableTests
{
    private const string Table = "docs/flags.md", Dockers = "tests/Architecture.Tests/docker-flags.txt";

    // What the table is not about: create's flags are those of run.
    private static readonly string[] s_elsewhere = ["oci", "create"];

    private static readonly string[] s_ofRunAlone = ["detach", "detach-keys", "sig-proxy"];

    private static readonly List<Row> s_rows = [.. ReadTable()];

    [Fact]
    public void Table_has_every_flag_that_Skiff_knows_and_no_other() => Assert.Equal(
        OfSkiff().Where(flag => !s_elsewhere.Contains(flag.Verb.Split(' ')[0])).Select(flag => flag.ToString()).Order(),
        s_rows.Select(row => row.Flag.ToString()).Order());

    [Fact]
    public void Skiff_knows_every_flag_of_Docker_by_its_letter_too()
    {
        var known = OfSkiff().ToHashSet();
        var missing = OfDocker().Where(flag => !known.Contains(flag)).Select(flag => flag.ToString()).ToList();
        Assert.True(missing.Count == 0, $"build it, or refuse it by name: {string.Join("; ", missing)}");
    }

    [Fact]
    public void Create_has_the_flags_of_run_without_those_about_being_attached()
    {
        foreach (var flags in (IEnumerable<Flag>[])[OfSkiff(), OfDocker()])
        {
            var names = flags.ToLookup(flag => flag.Verb, flag => flag.Name);
            Assert.Equal(names["run"].Except(s_ofRunAlone).Order(), names["create"].Order());
        }
    }

    [Fact]
    public void Flags_that_Docker_has_not_are_marked_as_our_own()
    {
        var dockers = OfDocker().Select(flag => (flag.Verb, flag.Name)).ToHashSet();
        Finding.AssertNone(s_rows
            .Where(row => row.Does.StartsWith("own", StringComparison.Ordinal)
                == dockers.Contains((row.Flag.Verb, row.Flag.Name)))
            .Select(row => new Finding(Table, row.Line, $"{row.Flag}: begins with \"own\" if Docker has it not")));
    }

    [Fact]
    public void Each_test_that_the_table_names_is_there_and_uses_the_flag() => Finding.AssertNone(
        from row in s_rows
        from test in row.Tests.DefaultIfEmpty("")
        let problem = Problem(row.Flag, test)
        where problem is not null
        select new Finding(Table, row.Line, $"{row.Flag}: {problem}"));

    private static string? Problem(Flag flag, string test)
    {
        if (!TestSources.ByName.TryGetValue(test, out string? text)) return $"there is no test '{test}'";
        string verb = flag.Verb.Split(' ')[^1];
        // Most tests run containers by methods of SkiffHost.
        string other = verb == "run" ? @"|Detached\(|\bAsk\(" : "";
        if (!Regex.IsMatch(text, $"(?i)(?<![a-z]){verb}{other}")) return $"{test} does not use {flag.Verb}";
        string letter = flag.Letter is null ? "" : $@"|(?<=["" ])-[A-Za-z]*{flag.Letter}[A-Za-z]*(?=["" ])";
        return Regex.IsMatch(text, $@"(?<![\w-])--{flag.Name}(?![\w-]){letter}") ? null
            : $"{test} does not mention the flag";
    }

    private static IEnumerable<Flag> OfSkiff() =>
        from row in VerbTable.Rows
        from option in row.Create().Options
        select new Flag(row.Name, option.Name, option.Short == '\0' ? null : option.Short);

    private static IEnumerable<Flag> OfDocker() =>
        from line in Repository.Read(Dockers).TrimEnd('\n').Split('\n')
        let fields = line.Split('\t')
        select new Flag(fields[0], fields[1][2..], fields.Length > 2 ? fields[2][0] : null);

    private static IEnumerable<Row> ReadTable()
    {
        string verb = "";
        int number = 0;
        foreach (string line in Repository.Read(Table).Split('\n'))
        {
            number++;
            if (line.StartsWith("## ", StringComparison.Ordinal)) verb = line[3..];
            if (TableRow().Match(line) is not { Success: true } match) continue;
            char? letter = match.Groups["letter"].Success ? match.Groups["letter"].Value[0] : null;
            yield return new Row(new Flag(verb, match.Groups["name"].Value, letter), match.Groups["does"].Value,
                match.Groups["tests"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries), number);
        }
    }

    [GeneratedRegex(@"^\| (`-(?<letter>.)` )?`--(?<name>[a-z0-9-]+)` \| (?<does>.+) \| (?<tests>.*?) ?\|$")]
    private static partial Regex TableRow();

    /// <param name="Verb">As it is typed, of one word or two.</param>
    /// <param name="Name">Without its dashes.</param>
    /// <param name="Letter">Its short form.</param>
    private readonly record struct Flag(string Verb, string Name, char? Letter)
    {
        public override string ToString() => $"{Verb} --{Name}{(Letter is null ? "" : $" (-{Letter})")}";
    }

    private sealed record Row(Flag Flag, string Does, string[] Tests, int Line);
}
