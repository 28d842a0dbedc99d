namespace Skiff.System.Tests;

/// <summary>`version`, `info`, `--help`: the binary about itself.</summary>
public sealed class VersionTests(SkiffHost host)
{
    [Fact]
    public void Version_names_version_and_platform()
    {
        var seen = host.Run("version").Text();
        Assert.Matches(@"Version:\s+\S+", seen);
        Assert.Contains("linux/", seen);
        Assert.Matches(@"^(?i)skiff version \S+", host.Run("--version").Text());
    }

    [Fact]
    public void Info_names_the_store_the_cgroups_and_the_roots()
    {
        var seen = host.Run("info").Text();
        string[] words = ["Storage Driver", "Cgroup Version: 2", "Kernel Version", host.Root, "Containers:", "Images:"];
        Assert.All(words, word => Assert.Contains(word, seen));
    }

    [Fact]
    public void Help_lists_every_verb()
    {
        var seen = host.Run("--help").Text();
        string[] verbs = ["pull", "run", "create", "start", "stop", "kill", "rm", "ps", "logs", "exec", "attach",
            "inspect", "images", "rmi", "version", "info", "volume", "network"];
        Assert.All(verbs, verb => Assert.Matches($@"(?m)^\s+{verb}\b", seen));
    }

    [Fact]
    public void Every_verb_has_help()
    {
        foreach (var verb in (string[])["run", "exec", "ps", "pull"])
            Assert.Contains("Usage:", host.Run(verb, "--help").Exits(0).Out);
    }
}
