using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>
/// Manifests, indexes and configs, and lists of an archive's images and of a repository's tags. Oracles: what is taken
/// is the same again after having been written and read; no two kinds take one document; names in lists are names.
/// </summary>
internal sealed class JsonTarget : FuzzTarget
{
    private static readonly byte[][] s_words =
    [
        .. ((string[])["null", "-1", "0", "1e999", "9223372036854775808", "1.5", "true", "\"\"", "[]", "{}", "[null]",
            "{\"a\":null}", "\"sha256:\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\u001b[2J\"", "\u001b", "\"digest\"",
            "\"size\"", "\"layers\":[],", "\"manifests\":[],", "\"config\"", "\"mediaType\"", "\"rootfs\"",
            "\"diff_ids\"", "\"history\"", "\"platform\"", ",", ":", "{", "}", "[", "]", "\"", "\\", "\u00ff", "2",
            "\"linux\"", "\"Config\":", "\"RepoTags\":", "\"Layers\":", "\"tags\":", "\"a:b\"",
            "\"amd64\"", "\"Env\":", "\"Healthcheck\":", new string('[', 200), "/**/", "\ufeff"])
            .Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0],
    ];

    internal override string Name => "json";

    internal override byte[] Make(Random random)
    {
        var image = new TestImage { Docker = random.Next(2) == 0, Variant = random.Next(2) == 0 ? "v8" : null };
        for (int i = random.Next(4); i > 0; i--) image.Add([(byte)i], [(byte)i, 1], image.Docker
            ? MediaTypes.DockerLayerGzip : MediaTypes.OciLayerGzip);
        return random.Next(5) switch
        {
            3 => Encoding.UTF8.GetBytes("""[{"Config":"c.json","RepoTags":["a:b"],"Layers":["l/layer.tar"]}]"""),
            4 => Encoding.UTF8.GetBytes("""{"name":"library/app","tags":["latest","v1"]}"""),
            0 => image.Config(),
            1 => image.Manifest(image.Config()),
            _ => Encoding.UTF8.GetBytes($$"""
                {"schemaVersion":2,
                 "mediaType":"{{(image.Docker ? MediaTypes.DockerManifestList : MediaTypes.OciIndex)}}",
                 "manifests":[{"mediaType":"{{image.ManifestType}}","digest":"{{TestRegistry.Sha([1])}}","size":5,
                 "platform":{"os":"linux","architecture":"amd64"},"annotations":{"a":"b"} }]}
                """),
        };
    }

    internal override byte[] Mutate(byte[] input, Random random) => Mutations.Words(input, random, s_words);

    internal override void Check(byte[] input, bool isWhole, Random random)
    {
        int kinds = Taken(input, json => Manifest.Parse(json), OciJson.Default.Manifest)
            + Taken(input, json => Layers.Oci.Index.Parse(json), OciJson.Default.Index);
        bool isConfig = Taken(input, json => ImageConfig.Parse(json), OciJson.Default.ImageConfig) == 1;
        Assert.InRange(kinds, 0, 1);
        bool isList = IsList(input);
        if (isWhole) Assert.True(kinds == 1 || isConfig || isList);
        if (kinds == 1 && !isConfig)
            Takes(() => Assert.NotNull(Layers.Oci.Index.Parse(input).Select(Platform.Host)));
        Takes(() => ManifestKind.IsIndex(null, input));
    }

    private delegate T Parser<out T>(ReadOnlySpan<byte> json);

    private static int Taken<T>(byte[] json, Parser<T> parse, JsonTypeInfo<T> type)
    {
        T document;
        try
        {
            document = parse(json);
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            return 0;
        }
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(document, type);
        Assert.Equal(written, JsonSerializer.SerializeToUtf8Bytes(parse(written), type));
        return 1;
    }

    private static bool IsList(byte[] json)
    {
        List<string> tags = [];
        bool isArchives = Takes(() => Assert.All(DockerArchiveItem.ReadList(json), item => Assert.All(
            item.Names, name => Assert.Equal(name, Reference.Parse(name.ToString())))));
        bool isTags = Takes(() => TagList.Read(json, tags));
        Assert.All(tags, tag => Assert.Equal(tag, Reference.Parse("a:" + tag).Tag));
        return isArchives || isTags;
    }

    private static bool Takes(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (ImageException e)
        {
            Refusals.AssertReadable(e);
            return false;
        }
    }
}
