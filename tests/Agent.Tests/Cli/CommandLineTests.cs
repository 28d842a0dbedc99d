using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli;

public sealed class CommandLineTests
{
    private static readonly VerbRow[] s_rows =
    [
        new("run", VerbGroup.Common, () => new SampleVerb(stop: true, "run")),
        new("ps", VerbGroup.Common, () => new SampleVerb(stop: false, "ps")),
        new("images", VerbGroup.Other, () => new SampleVerb(stop: false, "images")),
        new("volume ls", VerbGroup.Management, () => new SampleVerb(stop: false, "volume ls")),
        new("monitor", VerbGroup.Hidden, () => new SampleVerb(stop: false, "monitor")),
    ];

    [Theory]
    [InlineData("run web", 41)]
    [InlineData("--debug --root /a run web ls", 42)]
    [InlineData("volume ls a", 41)]
    [InlineData("volume list a", 41)]
    [InlineData("container ls a b c", 43)]
    [InlineData("container run web", 41)]
    [InlineData("image ls a", 41)]
    [InlineData("nonsense", 1)]
    [InlineData("--nonsense run", 125)]
    [InlineData("--snapshotter tape run x", 1)]
    [InlineData("run --nonsense", 125)]
    [InlineData("run", 1)]
    [InlineData("volume nonsense", 1)]
    [InlineData("network run", 1)]
    [InlineData("image run web", 1)]
    [InlineData("image ps", 1)]
    [InlineData("image --help", 0)]
    [InlineData("", 0)]
    [InlineData("--help", 0)]
    [InlineData("--version", 0)]
    [InlineData("-v", 0)]
    [InlineData("volume", 0)]
    [InlineData("volume --help", 0)]
    [InlineData("run --help", 0)]
    [InlineData("help", 0)]
    [InlineData("help run", 0)]
    [InlineData("help volume ls", 0)]
    [InlineData("help volume", 0)]
    [InlineData("help nonsense", 1)]
    public void Exit_codes_are_dockers(string line, int code) =>
        Assert.Equal(code, CommandLine.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), s_rows));

    [Theory]
    [InlineData("--root /a --run-root=/b ps x", "/a", "/b")]
    [InlineData("--root /a ps --rm x", "/a", "/run/skiff")]
    [InlineData("ps x", "/var/lib/skiff", "/run/skiff")]
    [InlineData("--snapshotter overlay ps x", "/var/lib/skiff", "/run/skiff", "overlay")]
    public void Roots_come_from_the_options_before_the_verb(
        string line, string root, string runRoot, string? layerStore = null)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("SKIFF_ROOT") is not null, "SKIFF_ROOT is set here");
        var verb = new SampleVerb(stop: false);
        CommandLine.Run(line.Split(' '), [new VerbRow("ps", VerbGroup.Common, () => verb)]);
        Assert.Equal(new StateRoots(root, runRoot, layerStore), verb.SeenRoots);
    }

    [Fact]
    public void Only_the_invoked_verb_is_built()
    {
        VerbRow[] rows =
        [
            new("other", VerbGroup.Common, () => throw new InvalidOperationException("built")),
            new("ps", VerbGroup.Common, () => new SampleVerb(stop: false)),
        ];
        Assert.Equal(41, CommandLine.Run(["ps", "x"], rows));
    }

    [Fact]
    public void Help_of_a_verb_lists_its_options_sorted_in_columns() => Assert.Equal(
        """
        Usage:  skiff run [OPTIONS] IMAGE [COMMAND] [ARG...]

        Try the parser

        Options:
          -e, --env list          Set environment variables
          -h, --hostname string   Container host name
          -i, --interactive       Keep STDIN open even if not attached
              --name string       Assign a name to the container
              --pids-limit int    Tune container pids limit (set -1 for unlimited)
          -p, --publish list      Publish a container's port(s) to the host
              --rm                Automatically remove the container when it exits
          -t, --tty               Allocate a pseudo-TTY

        """, HelpText.ForVerb(new SampleVerb(stop: true, "run")));

    [Fact]
    public void Help_of_the_program_is_grouped_and_hides_what_is_internal()
    {
        string help = HelpText.ForProgram(s_rows);
        Assert.StartsWith("Usage:  skiff [OPTIONS] COMMAND\n", help);
        Assert.Contains("\nCommon Commands:\n  run         Try the parser\n  ps          Try the parser\n", help);
        Assert.Contains("\n  image       Manage images\n  volume      Manage volumes\n", help);
        Assert.DoesNotContain("Manage networks", help);
        Assert.Contains("\nCommands:\n  images      Try the parser\n", help);
        Assert.Contains("\n      --root string          Directory of durable state", help);
        Assert.DoesNotContain("monitor", help);
        Assert.EndsWith("\nRun 'skiff COMMAND --help' for more information on a command.\n", help);
    }

    [Fact]
    public void Help_of_a_group_lists_the_verbs_that_it_takes_once_each() => Assert.Equal(
        """
        Usage:  skiff container COMMAND

        Manage containers

        Commands:
          ls          Try the parser
          run         Try the parser

        Run 'skiff container COMMAND --help' for more information on a command.

        """, HelpText.ForGroup("container", s_rows));

    [Fact]
    public void Every_listed_member_of_a_group_is_found_under_its_name()
    {
        foreach ((string group, _) in VerbTable.Management)
        {
            var members = VerbTable.Members(group, VerbTable.Rows);
            Assert.NotEmpty(members);
            foreach ((string word, VerbRow row) in members)
                Assert.Equal(row.Name, VerbTable.Find(VerbTable.Rows, [group, word], out _)?.Name);
        }
    }

    [Fact]
    public void Every_verb_of_the_table_is_named_as_its_row()
    {
        foreach (VerbRow row in VerbTable.Rows)
        {
            Verb verb = row.Create();
            Assert.Equal(row.Name, verb.Name);
            Assert.NotEmpty(verb.Summary);
            Assert.Equal(verb.Options.Length, verb.Options.Select(option => option.Name).Distinct().Count());
            var letters = verb.Options.Where(option => option.Short != '\0').Select(option => option.Short).ToList();
            Assert.Equal(letters.Count, letters.Distinct().Count());
        }
    }
}
