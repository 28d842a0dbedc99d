namespace Skiff.System.Tests;

public sealed class CompletionVerbTests(SkiffHost host)
{
    [Fact]
    public void Names_are_proposed_where_a_verb_takes_them()
    {
        string name = host.NewName("complete");
        host.Run("create", "--name", $"{name}-c", host.Busybox, "true").Exits(0);
        host.Run("network", "create", $"{name}-n").Exits(0);
        host.Run("volume", "create", $"{name}-v").Exits(0);
        try
        {
            Assert.Equal($"{name}-c", Proposed("start", name));
            Assert.Equal($"{name}-c", Proposed("rm", "-f", name));
            Assert.Equal("", Proposed("rm", $"{name}-c", name));
            Assert.Equal("", Proposed("stop", name));
            Assert.Equal($"{name}-n", Proposed("network", "rm", name));
            Assert.Equal($"{name}-n", Proposed("run", "--network", name));
            Assert.Equal($"{name}-c", Proposed("network", "connect", $"{name}-n", name));
            Assert.Equal($"{name}-v", Proposed("volume", "inspect", name));
            Assert.Equal(host.Busybox, Proposed("run", "--rm", host.Busybox[..^2]));
            Assert.Equal($"{name}-c", Proposed("inspect", name));
        }
        finally
        {
            host.Run("rm", "-f", $"{name}-c");
            host.Run("network", "rm", $"{name}-n");
            host.Run("volume", "rm", $"{name}-v");
        }
    }

    [Fact]
    public void Bash_completes_by_what_is_printed()
    {
        string script = host.Run("completion", "bash").Text();
        Assert.Equal("unpause", InBash("skiff unp"));
        // Bash replaces what is behind the colon only.
        Assert.Equal(host.Busybox[(host.Busybox.LastIndexOf(':') + 1)..], InBash($"skiff run {host.Busybox[..^2]}"));
        Assert.Equal("", InBash("skiff run --name "));
        host.Run("completion", "tcsh").FailsClearly(1, "unknown shell \"tcsh\": use bash, fish or zsh");

        string InBash(string line)
        {
            using var bash = Command.Start("bash", ["-c", $$"""
                {{script}}
                skiff() { "$SKIFF" "$@"; }
                COMP_LINE=$1 COMP_POINT=${#1}
                _skiff
                echo "${COMPREPLY[*]}"
                """, "bash", line], host.Variables());
            return bash.Finish().Text();
        }
    }

    private string Proposed(params string[] words) => host.Run(["__complete", "--", .. words]).Text();
}
