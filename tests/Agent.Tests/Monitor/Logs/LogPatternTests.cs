using System.Text.RegularExpressions;
using Skiff.Agent.Monitor.Logs;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class LogPatternTests
{
    private static readonly string[] s_patterns =
    [
        "", "a", "^a", "a$", "^a$", "^$", "ab|cd", "^(ab|cd)$", "a*", "^a*b$", "^a+b?$", "^(a|b)*c$", "^(?:ab)+$",
        "[abc]", "^[^abc]+$", "^[a-c_]+$", @"^com\.example\.", @"^\w+$", @"\d\d", @"^\D*$", @"\s", "^a{2}$", "^a{2,}$",
        "^a{1,2}$", "^(ab){0,2}c$", "a|", "|a", "^(a|b|c)d$", "^a.c$", "(a*)*b", "^(a|ab)(c|bcd)$", "x*?y",
        "^(a?){3}a{3}$", "[]a]", "[-a]", "^((a|b){2}|c+)$", "a||b",
    ];

    private static readonly string[] s_names =
    [
        "", "a", "b", "ab", "cd", "abc", "aab", "aaa", "aaaa", "abab", "ababc", "c", "ad", "cd", "com.example.x",
        "comXexample", "A_1", "a b", "12", "xxy", "abcd", "abbcd", "]", "-", "ccc", "d", "bd",
    ];

    [Fact]
    public void Every_pattern_matches_what_the_library_says()
    {
        foreach (string pattern in s_patterns)
            foreach (string name in s_names)
                Assert.True(new LogPattern(pattern).IsMatch(name) == Regex.IsMatch(name, pattern),
                    $"\"{pattern}\" and \"{name}\"");
    }

    [Fact]
    public void A_hostile_pattern_takes_no_time() =>
        Assert.False(new LogPattern("^(a*)*(a*)*(a*)*b$").IsMatch(new string('a', 1000)));

    [Theory]
    [InlineData("(", "missing closing ): `(`")]
    [InlineData(")", "unexpected )")]
    [InlineData("[a", "missing closing ]")]
    [InlineData("*", "missing argument to repetition operator: `*`")]
    [InlineData("a{2,1}", "invalid repeat count")]
    [InlineData("a{9999}", "invalid repeat count")]
    [InlineData("((a{100}){100}){100}", "expression too large")]
    [InlineData("[b-a]", "invalid character class range: `b-a`")]
    [InlineData("\\", "trailing backslash")]
    [InlineData("(?i)a", "not supported")]
    public void A_pattern_that_is_none_is_refused(string pattern, string problem) =>
        Assert.Contains(problem, Assert.Throws<FormatException>(() => new LogPattern(pattern)).Message);
}
