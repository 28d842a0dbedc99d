using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Skiff.Agent.Api;
using Skiff.Agent.Api.Http;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Tests.Api;

/// <summary>What requests about images say in headers, parameters and bodies.</summary>
public sealed class ApiTextTests
{
    private const string Full = """{"username":"me","password":"a?b>c~ü","serveraddress":"x:1"}""";

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("bnVsbA==")] // null
    [InlineData("W10=")] // []
    [InlineData("e30=")] // {}
    [InlineData("eyJ1c2VybmFtZSI6NX0=")] // {"username":5}
    [InlineData("eyJ1c2VybmFtZSI6Im1lIn0=")] // {"username":"me"}
    [InlineData("AAAA")]
    public void A_header_without_a_login_is_none(string header) => Assert.Null(LoginOf(header));

    [Fact]
    public void A_login_is_read_in_both_alphabets_with_padding_and_without()
    {
        string plain = Convert.ToBase64String(Encoding.UTF8.GetBytes(Full));
        string url = plain.Replace('+', '-').Replace('/', '_');
        Assert.NotEqual(plain, url);
        foreach (string header in (string[])[plain, plain.TrimEnd('='), url, url.TrimEnd('=')])
            Assert.Equal(("me", "a?b>c~ü"), (LoginOf(header)!.Username, LoginOf(header)!.Password));
    }

    [Fact]
    public void A_token_is_a_login_too()
    {
        byte[] json = """{"IdentityToken":"id"}"""u8.ToArray();
        Assert.Equal("id", LoginOf(Convert.ToBase64String(json))!.IdentityToken);
        json = """{"registrytoken":"reg"}"""u8.ToArray();
        Assert.Equal("reg", LoginOf(Convert.ToBase64String(json))!.RegistryToken);
    }

    [Theory]
    [InlineData("busybox", null, "docker.io/library/busybox:latest", true)]
    [InlineData("busybox", "", "docker.io/library/busybox:latest", true)]
    [InlineData("busybox:", "", "docker.io/library/busybox:latest", true)]
    [InlineData("busybox:1", null, "docker.io/library/busybox:1", false)]
    [InlineData("busybox:1", "2", "docker.io/library/busybox:2", false)]
    [InlineData("h:5000/a/b", "2", "h:5000/a/b:2", false)]
    [InlineData("a@" + Zeros, "2", "docker.io/library/a@" + Zeros, false)]
    [InlineData("a:1", Zeros, "docker.io/library/a@" + Zeros, false)]
    public void A_name_and_its_tag_become_one(string name, string? tag, string reference, bool byDefault)
    {
        Reference read = NameText.Of(name, tag);
        Assert.Equal((reference, byDefault), (read.ToString(), read.TagIsDefault));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("BAD", null)]
    [InlineData("a", "-b")]
    [InlineData("a", "sha256:12")]
    public void What_is_no_name_is_an_invalid_one(string name, string? tag) => Assert.Equal(
        ImageErrorKind.Invalid, Assert.Throws<ImageException>(() => NameText.Of(name, tag)).Kind);

    [Fact]
    public void A_platform_is_JSON()
    {
        Assert.Equal("linux/arm/v6", NameText.PlatformOf(
            """{"os":"linux","architecture":"arm","variant":"v6"}""").ToString());
        Assert.Equal(400, Assert.Throws<ApiException>(() => NameText.PlatformOf("linux/amd64")).Status);
        Assert.Equal(ImageErrorKind.Invalid, Assert.Throws<ImageException>(() => NameText.PlatformOf("{}")).Kind);
    }

    [Fact]
    public void The_configuration_of_a_commit_goes_before_the_containers()
    {
        using JsonDocument body = JsonDocument.Parse("""
            {"Env":["A=2","C=3"], "labels":{"x":"2"}, "ExposedPorts":{"80/tcp":{}}, "Entrypoint":["/e"], "User":"",
             "WorkingDir":"/w", "Cmd":null}
            """);
        ContainerDefaults both = CommitConfig.Over(body.RootElement, new ContainerDefaults
        {
            Env = ["A=1", "B=1", "AA=1"], Labels = new() { ["x"] = "1", ["y"] = "1" }, User = "me", Cmd = ["c"],
            Volumes = new() { ["/v"] = EmptyObject.Instance }, WorkingDir = "/old", StopSignal = "SIGINT",
        });
        Assert.Equal(["A=2", "C=3", "B=1", "AA=1"], both.Env!);
        Assert.Equal("x=2 y=1", string.Join(' ', both.Labels!.OrderBy(l => l.Key).Select(l => $"{l.Key}={l.Value}")));
        Assert.Equal(["80/tcp"], both.ExposedPorts!.Keys);
        Assert.Equal(["/v"], both.Volumes!.Keys);
        Assert.Equal(("me", "/w", "SIGINT"), (both.User, both.WorkingDir, both.StopSignal));
        Assert.Equal(["/e"], both.Entrypoint!);
        Assert.Null(both.Cmd);
    }

    [Fact]
    public void Errors_of_images_have_the_status_of_their_kind_whoever_passes_them_on()
    {
        foreach (var (kind, status) in new[] { (ImageErrorKind.NotFound, 404), (ImageErrorKind.Conflict, 409),
            (ImageErrorKind.Invalid, 400), (ImageErrorKind.Denied, 401), (ImageErrorKind.Bad, 500) })
        {
            var inner = new ImageException("inner", kind);
            Assert.Equal(status, ApiServer.StatusOf(new ImageException("outer", inner)));
        }
        Assert.Equal(0, ApiServer.StatusOf(new IOException("gone")));
    }

    private const string Zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>An exchange with a client that writes to nobody.</summary>
    internal static Exchange Exchange(string request, Stream output)
    {
        var bytes = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(request));
        Assert.True(RequestParser.TryRead(ref bytes, out RequestHead? head));
        return new Exchange(
            head!, PipeReader.Create(new ReadOnlySequence<byte>([])), output, () => false, 1000, default);
    }

    private static RegistryCredentials? LoginOf(string header) =>
        LoginText.Of(Exchange($"GET / HTTP/1.0\r\nX-Registry-Auth: {header}\r\n\r\n", Stream.Null));
}
