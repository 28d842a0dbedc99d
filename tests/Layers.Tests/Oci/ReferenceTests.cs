using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Oci;

public class ReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest", "busybox:latest")]
    [InlineData("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36")]
    [InlineData("docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest")]
    [InlineData("index.docker.io/library/busybox", "docker.io/library/busybox:latest", "busybox:latest")]
    [InlineData("user/app", "docker.io/user/app:latest", "user/app:latest")]
    [InlineData("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest")]
    [InlineData("localhost/app", "localhost/app:latest", "localhost/app:latest")]
    [InlineData("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000")]
    [InlineData("localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest")]
    [InlineData("127.0.0.1:5000/busybox:v1", "127.0.0.1:5000/busybox:v1", "127.0.0.1:5000/busybox:v1")]
    [InlineData("[::1]:5000/a/b:v1", "[::1]:5000/a/b:v1", "[::1]:5000/a/b:v1")]
    [InlineData("Host/app", "Host/app:latest", "Host/app:latest")]
    [InlineData("quay.io/a-b/c__d/e.f:V_1.2-x", "quay.io/a-b/c__d/e.f:V_1.2-x", "quay.io/a-b/c__d/e.f:V_1.2-x")]
    [InlineData("docker.io/a.b/c", "docker.io/a.b/c:latest", "docker.io/a.b/c:latest")]
    [InlineData("docker.io/localhost/c", "docker.io/localhost/c:latest", "docker.io/localhost/c:latest")]
    [InlineData("a---b", "docker.io/library/a---b:latest", "a---b:latest")]
    [InlineData("app@sha256:" + Hex, "docker.io/library/app@sha256:" + Hex, "app@sha256:" + Hex)]
    [InlineData("app:v1@sha256:" + Hex, "docker.io/library/app:v1@sha256:" + Hex, "app:v1@sha256:" + Hex)]
    public void Reference_has_full_and_familiar_form(string text, string full, string familiar)
    {
        Reference reference = Reference.Parse(text);
        Assert.Equal(full, reference.ToString());
        Assert.Equal(familiar, reference.Familiar);
        Assert.Equal(reference, Reference.Parse(full));
        Assert.Equal(reference, Reference.Parse(familiar));
    }

    [Theory]
    [InlineData("", "bad repository name")]
    [InlineData("Busybox", "must be lowercase")]
    [InlineData("a/Busybox", "must be lowercase")]
    [InlineData("a..b", "bad repository name")]
    [InlineData("a___b", "bad repository name")]
    [InlineData("-a", "bad repository name")]
    [InlineData("a-", "bad repository name")]
    [InlineData("a//b", "bad repository name")]
    [InlineData("a/", "bad repository name")]
    [InlineData("/a", "bad repository name")]
    [InlineData("a:", "bad tag")]
    [InlineData("a:.x", "bad tag")]
    [InlineData("a:x y", "bad tag")]
    [InlineData("a@sha256:12", "bad digest")]
    [InlineData("a@", "bad digest")]
    [InlineData("host.:80/a", "bad registry host")]
    [InlineData("-host.io/a", "bad registry host")]
    [InlineData("host:99999/a", "bad registry host")]
    [InlineData("[::1/a", "bad registry host")]
    [InlineData("[::1%2f]:80/a", "bad registry host")]
    [InlineData("[127.0.0.1]:80/a", "bad registry host")]
    [InlineData("a b", "bad repository name")]
    [InlineData("../../etc/passwd", "bad registry host")]
    [InlineData(Hex, "image id")]
    public void Bad_reference_is_refused_with_its_reason(string text, string reason)
    {
        var e = Assert.Throws<ImageException>(() => Reference.Parse(text));
        Assert.StartsWith("invalid reference format", e.Message);
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
