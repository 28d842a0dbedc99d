using System.Text;
using System.Text.RegularExpressions;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Names of images. Oracles: the grammar that the distribution project documents, and that every form of a name is read
/// as the same name again.
/// </summary>
internal sealed partial class ReferenceTarget : FuzzTarget
{
    private static readonly string[] s_hosts =
        ["", "docker.io/", "localhost/", "localhost:5000/", "127.0.0.1:5000/", "[::1]:80/", "r.example.org/", "A/"];

    private static readonly string[] s_paths =
        ["busybox", "library/busybox", "a/b/c", "a-b", "a--b", "a__b", "a.b", "a_b/c.d-e", "0", "index.docker.io/x"];

    private static readonly string[] s_suffixes =
    [
        "", ":latest", ":v1.2.3", ":_x", "@sha256:" + new string('a', 64), ":t@sha256:" + new string('0', 64),
        "@sha512:" + new string('b', 128),
        ":" + new string('t', 128),
    ];

    private static readonly byte[][] s_words =
    [
        .. ((string[])["/", ":", "@", "..", ".", "-", "_", "__", "___", "--",
            "//", "sha256:", "sha512:", "A", "é", "\0",
            " ", "%2f", "[::1]", "[", "]", ":99999", ":0", "localhost", "docker.io",
            new string('a', 64), new string('x', 200)]).Select(Encoding.UTF8.GetBytes),
    ];

    internal override string Name => "reference";

    internal override byte[] Make(Random random) => Encoding.UTF8.GetBytes(s_hosts[random.Next(s_hosts.Length)]
        + s_paths[random.Next(s_paths.Length)] + s_suffixes[random.Next(s_suffixes.Length)]);

    internal override byte[] Mutate(byte[] input, Random random) => Mutations.Words(input, random, s_words);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        string text = Encoding.UTF8.GetString(input);
        if (!Reference.TryParse(text, out Reference? reference, out string error))
        {
            Assert.False(isWhole, error);
            Refusals.AssertReadable(Assert.Throws<ImageException>(() => Reference.Parse(text)));
            return;
        }
        Assert.Matches(Grammar(), text);
        Assert.Equal(reference, Reference.Parse(reference.ToString()));
        Assert.Equal(reference, Reference.Parse(reference.Familiar));
        Assert.Equal(reference.Digest?.ToString() ?? reference.Tag, reference.Target);
        Assert.InRange(reference.Name.Length, 1, 255);
    }

    [GeneratedRegex(
        """
        \A
        ((?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*
         (?::[0-9]+)?/ | \[[a-fA-F0-9:.]+\](?::[0-9]+)?/)?
        [a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*
        (?::[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(?:@(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}))?
        \z
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Grammar();
}
