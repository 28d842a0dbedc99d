using Skiff.Agent.Cli.Values;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Tests.Cli.Values;

public sealed class KeyValueTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Files_come_before_the_options_and_keep_values_as_they_are()
    {
        File.WriteAllText(_file, "\uFEFF# comment\n\nA=1\n  B=\"x y\" \nPATH\nSKIFF_NOT_SET_ANYWHERE\nE==\r\n");
        string path = Environment.GetEnvironmentVariable("PATH")!;
        Assert.Equal(["A=1", "B=\"x y\" ", $"PATH={path}", "E==", "A=2", "SKIFF_NOT_SET_ANYWHERE", "F="],
            KeyValues.Environment([_file], ["A=2", "SKIFF_NOT_SET_ANYWHERE", "F="]));
    }

    [Theory]
    [InlineData("A B=1", "variable 'A B' contains whitespaces")]
    [InlineData("=1", "no variable name on line '=1'")]
    public void A_malformed_file_is_refused(string line, string problem)
    {
        File.WriteAllText(_file, line);
        UsageException e = Assert.Throws<UsageException>(() => KeyValues.Environment([_file], []));
        Assert.Equal($"invalid env file ({_file}): {problem}", e.Message);
    }

    [Fact]
    public void A_file_that_is_no_text_is_refused()
    {
        File.WriteAllBytes(_file, [(byte)'A', (byte)'=', 0xFF]);
        UsageException e = Assert.Throws<UsageException>(() => KeyValues.Environment([_file], []));
        Assert.EndsWith("contains invalid utf8 bytes", e.Message);
    }

    [Fact]
    public void A_missing_file_and_a_nameless_variable_are_refused()
    {
        UsageException e = Assert.Throws<UsageException>(() => KeyValues.Environment(["/no/such/file"], []));
        Assert.StartsWith("open /no/such/file: ENOENT", e.Message);
        Assert.EndsWith("invalid environment variable: =x",
            Assert.Throws<UsageException>(() => KeyValues.Environment([], ["=x"])).Message);
    }

    [Fact]
    public void Labels_are_read_and_the_last_wins()
    {
        Assert.Equal(new Dictionary<string, string> { ["a"] = "2", ["b"] = "", ["c"] = "x=y" },
            KeyValues.Labels([], ["a=1", "b", "a=2", "c=x=y"]));
        Assert.EndsWith("invalid label '=x': empty name",
            Assert.Throws<UsageException>(() => KeyValues.Labels([], ["=x"])).Message);
    }

    public void Dispose() => File.Delete(_file);
}
