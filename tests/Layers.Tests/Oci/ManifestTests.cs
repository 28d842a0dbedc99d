using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Layers.Tests.Oci;

public class ManifestTests
{
    private static readonly string s_a = "sha256:" + new string('a', 64);
    private static readonly string s_config =
        $$"""{"mediaType":"{{MediaTypes.OciConfig}}","digest":"{{s_a}}","size":5}""";

    [Fact]
    public void Manifest_gives_config_and_layers()
    {
        Manifest manifest = Manifest.Parse(Bytes($$"""
            {"schemaVersion":2,"config":{{s_config}},
             "layers":[{"mediaType":"{{MediaTypes.OciLayerZstd}}","digest":"{{s_a}}","size":9,
              "annotations":{"a":"b"} }]}
            """));
        Assert.Equal(5, manifest.Config.Size);
        Assert.Equal(s_a, manifest.Layers[0].Digest.ToString());
        Assert.Equal("b", manifest.Layers[0].Annotations!["a"]);
    }

    [Theory]
    [InlineData("""{"schemaVersion":1,"config":C,"layers":[]}""", "schema version 1")]
    [InlineData("""{"schemaVersion":2,"layers":[]}""", "no digest")]
    [InlineData("""{"schemaVersion":2,"config":C,"layers":[],"manifests":[]}""", "read in two ways")]
    [InlineData("""{"schemaVersion":2,"mediaType":"text/plain","config":C}""", "text/plain")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"application/x","digest":"A","size":1}}""",
        "application/x")]
    [InlineData("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"T","digest":"A","size":-1}]}""", "size -1")]
    [InlineData("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"x/y","digest":"A","size":1}]}""", "x/y")]
    [InlineData("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"F","digest":"A","size":1}]}""", "foreign")]
    [InlineData("""{"schemaVersion":2,"config":C,"layers":[{"mediaType":"T","digest":"sha512:1"}]}""", "digest")]
    [InlineData("""{"schemaVersion":2,"config":C,"layers":[null]}""", "no digest")]
    [InlineData("""{"schemaVersion":2,"config":null}""", "no digest")]
    [InlineData("[1", "malformed")]
    public void Bad_manifest_is_refused_with_its_reason(string json, string reason)
    {
        json = json.Replace(":C", ":" + s_config).Replace("\"A\"", $"\"{s_a}\"")
            .Replace("\"T\"", $"\"{MediaTypes.OciLayer}\"").Replace("\"F\"", $"\"{MediaTypes.DockerForeignLayer}\"");
        Assert.Contains(reason, Assert.Throws<ImageException>(() => Manifest.Parse(Bytes(json))).Message);
    }

    [Theory]
    [InlineData("layers", "[]")]
    [InlineData("config", "{}")]
    public void Index_that_could_be_a_manifest_is_refused(string member, string value)
    {
        string json = $"{{\"schemaVersion\":2,\"manifests\":[],\"{member}\":{value}}}";
        var e = Assert.Throws<ImageException>(() => Layers.Oci.Index.Parse(Bytes(json)));
        Assert.Contains("read in two ways", e.Message);
    }

    [Theory]
    [InlineData("linux/amd64", 1)]
    [InlineData("linux/arm64", 2)]
    [InlineData("linux/arm/v7", 4)]
    [InlineData("linux/arm/v6", 3)]
    public void Index_gives_the_manifest_that_suits_best(string platform, int size) =>
        Assert.Equal(size, SampleIndex().Select(Platform.Parse(platform)).Size);

    [Fact]
    public void Index_without_a_fitting_manifest_says_what_it_has()
    {
        var e = Assert.Throws<ImageException>(() => SampleIndex().Select(Platform.Parse("linux/s390x")));
        Assert.Contains("no image for platform linux/s390x", e.Message);
        Assert.Contains("linux/amd64, linux/arm64/v8, linux/arm/v6, linux/arm/v7", e.Message);
    }

    [Theory]
    [InlineData(MediaTypes.OciIndex, "{}", true)]
    [InlineData(MediaTypes.DockerManifest, "{}", false)]
    [InlineData("application/json", """{"mediaType":"application/vnd.oci.image.index.v1+json"}""", true)]
    [InlineData("text/plain", """{"schemaVersion":2,"manifests":[]}""", true)]
    [InlineData(null, """{"schemaVersion":2,"layers":[{"mediaType":"x"}]}""", false)]
    public void Kind_is_told_by_type_or_members(string? contentType, string json, bool isIndex) =>
        Assert.Equal(isIndex, ManifestKind.IsIndex(contentType, Bytes(json)));

    [Theory]
    [InlineData(MediaTypes.OciIndex, """{"mediaType":"application/vnd.oci.image.manifest.v1+json"}""",
        "but says it is")]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}", "schema 1")]
    [InlineData("application/json", """{"schemaVersion":1,"fsLayers":[]}""", "schema 1")]
    [InlineData(MediaTypes.OciIndex, """{"mediaType":"application/x"}""", "application/x")]
    [InlineData(MediaTypes.OciIndex, "<html>", "malformed")]
    [InlineData(MediaTypes.OciIndex, "7", "malformed")]
    public void Ambiguous_or_outdated_documents_are_refused(string contentType, string json, string reason) =>
        Assert.Contains(
            reason, Assert.Throws<ImageException>(() => ManifestKind.IsIndex(contentType, Bytes(json))).Message);

    [Fact]
    public void Documents_of_our_own_are_written_as_others_write_them()
    {
        Manifest manifest = Manifest.Of(Bytes("{}"), [Descriptor.OfTar(Digest.Parse(s_a), 512)]) with
        {
            Annotations = new Dictionary<string, string> { ["a"] = "1 < 2 & 'ü'+" },
        };
        string text = Encoding.UTF8.GetString(manifest.ToJson());
        Assert.Contains($"\"mediaType\":\"{MediaTypes.OciManifest}\"", text);
        Assert.Contains($"\"mediaType\":\"{MediaTypes.OciConfig}\"", text);
        Assert.Contains("\"1 < 2 & 'ü'+\"", text);
        Assert.Equal(manifest.Annotations, Manifest.Parse(Bytes(text)).Annotations);
        Assert.DoesNotContain("null", text);
    }

    [Fact]
    public void Index_with_any_byte_changed_is_read_or_refused()
    {
        byte[] json = Bytes(s_sampleIndex);
        foreach (byte b in Bytes("{]\"0,n"))
            for (int i = 0; i < json.Length; i++)
            {
                byte[] changed = [.. json];
                changed[i] = b;
                Exception? e = Record.Exception(() => Layers.Oci.Index.Parse(changed).Select(Platform.Host));
                Assert.True(e is null or ImageException, $"byte {i} as {b}: {e}");
            }
    }

    private static readonly string s_sampleIndex = SampleIndexJson();

    private static Layers.Oci.Index SampleIndex() => Layers.Oci.Index.Parse(Bytes(s_sampleIndex));

    private static string SampleIndexJson()
    {
        string Entry(int size, string platform) =>
            $$"""{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{s_a}}","size":{{size}},"""
                + $$""" "platform":{{platform}} }""";
        return $$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[
             {{Entry(9, """{"os":"unknown","architecture":"unknown"}""")}},
             {{Entry(1, """{"os":"linux","architecture":"amd64"}""")}},
             {{Entry(2, """{"os":"linux","architecture":"arm64","variant":"v8"}""")}},
             {{Entry(3, """{"os":"linux","architecture":"arm","variant":"v6"}""")}},
             {{Entry(4, """{"os":"linux","architecture":"arm","variant":"v7"}""")}}]}
            """;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
