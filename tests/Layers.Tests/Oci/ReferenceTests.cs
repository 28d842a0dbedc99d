using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Oci;

public class ReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Sha512 = "sha512:" + Hex + Hex;

    [Theory]
    [MemberData(nameof(ReferenceTable.Accepted), MemberType = typeof(ReferenceTable))]
    public void Reference_has_parts_and_a_familiar_form(
        string text, string registry, string repository, string? tag, string? digest, string familiar)
    {
        Reference reference = Reference.Parse(text);
        Assert.Equal((registry, repository), (reference.Registry, reference.Repository));
        Assert.Equal((tag, digest), (reference.Tag, reference.Digest?.ToString()));
        Assert.Equal(familiar, reference.Familiar);
        string suffix = (tag is null ? "" : ":" + tag) + (digest is null ? "" : "@" + digest);
        Assert.Equal($"{registry}/{repository}{suffix}", reference.ToString());
        Assert.Equal(reference, Reference.Parse(reference.ToString()));
        Assert.Equal(reference, Reference.Parse(familiar));
    }

    [Theory]
    [MemberData(nameof(ReferenceTable.Refused), MemberType = typeof(ReferenceTable))]
    public void Bad_reference_is_refused_with_its_reason(string text, string reason)
    {
        var e = Assert.Throws<ImageException>(() => Reference.Parse(text));
        Assert.StartsWith($"invalid reference format: \"{text}\": ", e.Message);
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Lengths_are_limited_as_docker_limits_them()
    {
        Assert.NotNull(Reference.Parse(new string('a', 237)));
        Assert.Contains("255", Assert.Throws<ImageException>(() => Reference.Parse(new string('a', 238))).Message);
        Assert.NotNull(Reference.Parse("a:" + new string('t', 128)));
        Assert.Throws<ImageException>(() => Reference.Parse("a:" + new string('t', 129)));
    }

    [Fact]
    public void Digest_decides_what_is_asked_for()
    {
        Assert.Equal("sha256:" + Hex, Reference.Parse("a:v1@sha256:" + Hex).Target);
        Assert.Equal("v1", Reference.Parse("a:v1").Target);
        Assert.True(Reference.Parse("a").TagIsDefault);
        Assert.False(Reference.Parse("a:latest").TagIsDefault);
        Assert.Null(Reference.Parse("a@sha256:" + Hex).Tag);
        Assert.Equal(Sha512, Reference.Parse("a@" + Sha512).Target);
    }

    [Fact]
    public void Every_prefix_of_a_reference_is_parsed_or_refused()
    {
        const string text = "registry.example:5000/some/path_x/app-y:tag.1@sha256:" + Hex;
        for (int i = 0; i < text.Length; i++)
            if (Reference.TryParse(text[..i], out Reference? reference, out string error))
                Assert.Equal(reference, Reference.Parse(reference.ToString()));
            else
                Assert.NotEmpty(error);
    }
}
