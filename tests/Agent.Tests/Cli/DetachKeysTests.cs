using System.Text;
using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli;

public sealed class DetachKeysTests
{
    [Theory]
    [InlineData("ctrl-p,ctrl-q", "\u0010\u0011")]
    [InlineData("a", "a")]
    [InlineData("ctrl-a,x,ctrl-[", "\u0001x\u001b")]
    public void Keys_are_read_as_docker_reads_them(string text, string bytes) =>
        Assert.Equal(Encoding.ASCII.GetBytes(bytes), DetachKeys.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("ctrl-")]
    [InlineData("ctrl-1")]
    [InlineData("ctrl-p,,x")]
    [InlineData("escape")]
    public void What_is_no_key_is_refused(string text) =>
        Assert.Contains("invalid detach keys", Assert.Throws<UsageException>(() => DetachKeys.Parse(text)).Message);

    // Every place at which the bytes may be torn apart on their way.
    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("a\u0010b", "a\u0010b", false)]
    [InlineData("a\u0010\u0011b", "a", true)]
    [InlineData("\u0010\u0010\u0011", "\u0010", true)]
    [InlineData("\u0011\u0010", "\u0011", false)]
    public void Bytes_that_are_not_the_sequence_go_on(string typed, string onward, bool leaves)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(typed);
        for (int split = 0; split <= bytes.Length; split++)
        {
            var keys = new DetachKeys([16, 17]);
            var sent = new List<byte>();
            bool left = keys.Take(bytes.AsSpan(0, split), sent) || keys.Take(bytes.AsSpan(split), sent);
            Assert.Equal(leaves, left);
            Assert.Equal(onward, Encoding.ASCII.GetString(sent.ToArray()));
        }
    }
}
