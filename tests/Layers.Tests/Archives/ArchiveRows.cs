using System.Text.Json.Nodes;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;
using static Skiff.Layers.Tests.Archives.ArchiveBytes;

namespace Skiff.Layers.Tests.Archives;

/// <summary>Archives, and what has to come of each: an error that says so, or images.</summary>
internal static class ArchiveRows
{
    private const string Attestation = """{"schemaVersion":2,"predicate":"x"}""";

    private static readonly byte[] s_gzip = TestImage.Gzip(Layer), s_zstd = TestImage.Zstd(Layer);
    private static readonly string s_longPath = string.Join('/', Enumerable.Repeat(new string('x', 200), 15));
    private static readonly string s_index = MediaTypes.OciIndex, s_manifest = MediaTypes.OciManifest;

    /// <summary>What is refused, and a part of the error.</summary>
    internal static IReadOnlyList<(string Name, byte[] Bytes, string Error)> Refused { get; } =
    [
        ("nothing at all", [], "neither manifest.json"),
        ("words", "hello, archive"u8.ToArray(), "cut short"),
        ("a tar of other files", new ArchiveBytes().File("etc/passwd", "root").ToArray(), "skiff import"),
        ("a layer alone", Layer, "skiff import"),
        ("a directory for a list", Docker().With(t => t.Directory("manifest.json")).ToArray(), "neither manifest.json"),
        ("a device for a list", Docker().With(t => t.Add("manifest.json", '3', device: (1, 3))).ToArray(), "neither"),
        ("cut in a header", Docker().List().Unfinished()[..700], "cut short"),
        ("cut in a layer", Docker().List().Unfinished()[..5_000], "cut short"),
        ("cut before the list", Docker().Unfinished(), "neither manifest.json"),
        ("a damaged header", Docker().With(t => t.Add("x", damage: block => block[0] ^= 1)).List().ToArray(), "header"),
        ("gzip that ends early", TestImage.Gzip(Docker().List().ToArray())[..^20], "ends early"),
        ("zstd that ends early", TestImage.Zstd(Docker().List().ToArray())[..^20], "ends early"),
        ("gzip with a wrong checksum", Flip(TestImage.Gzip(Docker().List().ToArray()), fromEnd: 6), "gzip"),
        ("xz magic and nothing else", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "does not decompress"),
        ("xz magic and rubbish", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 1, 2, 3, 4, 5, 6, 7, 8], "does not decompress"),
        ("bzip2 magic and rubbish", "BZh9rubbish and more of it"u8.ToArray(), "does not decompress"),
        ("a name that leaves", Docker().File("../x", "x").List().ToArray(), "leaves"),
        ("a list that is no JSON",
            Docker().File("manifest.json", "[{").ToArray(), "manifest.json in the archive is mal"),
        ("a list that is an object", Docker().File("manifest.json", "{}").ToArray(), "malformed"),
        ("a list of words", Docker().File("manifest.json", "[\"x\"]").ToArray(), "malformed"),
        ("a list of nothing", Docker().File("manifest.json", "[]").ToArray(), "names no image"),
        ("an image without config", Docker().File("manifest.json", "[{}]").ToArray(), "malformed"),
        ("a number for a config", Docker().File("manifest.json", "[{\"Config\":1}]").ToArray(), "malformed"),
        ("an object for layers",
            Docker().File("manifest.json", """[{"Config":"c.json","Layers":{}}]""").ToArray(), "malformed"),
        ("a config that is missing", Docker().List("d.json").ToArray(), "no config \"d.json\""),
        ("a config with a newline in its name", Docker().List("d\\n.json").ToArray(), "no config \"d\\n.json\""),
        ("a layer for a config", Docker().List("l/layer.tar").ToArray(), "no config"),
        ("a config of another kind", Docker(config: "[]").List().ToArray(), "image config"),
        ("a config without rootfs", Docker(config: "{}").List().ToArray(), "no rootfs"),
        ("a config with foreign rootfs", Docker(config: """{"rootfs":{"type":"x"}}""").List().ToArray(), "rootfs.type"),
        ("a config with a bad DiffId",
            Docker(config: """{"rootfs":{"type":"layers","diff_ids":["x"]}}""").List().ToArray(), "x"),
        ("a config beyond the limit",
            Docker(config: "{" + new string(' ', ImageConfig.MaxBytes)).List().ToArray(),
            "c.json in the archive is too large: a manifest, config or list may have 8388608 bytes"),
        ("a list beyond the limit",
            Docker().File("manifest.json", "[" + new string(' ', ImageConfig.MaxBytes)).ToArray(),
            "manifest.json in the archive is too large"),
        ("a layout's list beyond the limit",
            Layout(Layer, Config).File("index.json", "{" + new string(' ', ImageConfig.MaxBytes)).ToArray(),
            "index.json in the archive is too large"),
        ("a manifest beyond the limit", OneManifest("{" + new string(' ', ImageConfig.MaxBytes)), "is too large"),
        ("a list that names a config outside", Docker().List("../c.json").ToArray(), "no config \"../c.json\""),
        ("a list that names a layer outside",
            Docker().List(layers: "\"../l/layer.tar\"").ToArray(), "no layer \"../l/layer.tar\""),
        ("an index of unknown things alone", Only(Descriptor("x", "application/x-unknown")), "no manifest"),
        ("an index of known blobs of an unknown type",
            new ArchiveBytes().Blob(Config).File("index.json", Index(Descriptor(Config, "application/x"))).ToArray(),
            "index.json names no image"),
        ("a manifest that says it is something else",
            OneManifest("""{"schemaVersion":2,"mediaType":"application/x","config":{}}"""),
            "says it is application/x: expected"),
        ("an index that says it is something else",
            new ArchiveBytes()
                .File("index.json", """{"schemaVersion":2,"mediaType":"application/x","manifests":[]}""").ToArray(),
            "application/x"),
        ("too few layers", Docker().List(layers: "").ToArray(), "has 0 layers, its config names 1"),
        ("too many layers", Docker().List(layers: "\"l/layer.tar\",\"l/layer.tar\"").ToArray(), "has 2 layers"),
        ("a layer that is missing", Docker().List(layers: "\"m/layer.tar\"").ToArray(), "no layer \"m/layer.tar\""),
        ("a document for a layer", Docker().List(layers: "\"c.json\"").ToArray(), "no layer \"c.json\""),
        ("words for a layer", Docker("hello"u8.ToArray()).List().ToArray(), "no layer"),
        ("another layer", Docker(OtherLayer).List().ToArray(), $"DiffId {Digest(OtherLayer)}"),
        ("a layer with a changed byte", Docker(Flip(Layer)).List().ToArray(), "its config names"),
        ("layers in another order", Two().List(layers: "\"m.tar\",\"l/layer.tar\"").ToArray(), "layer 1 of image"),
        ("a gzip layer that ends early",
            Docker(s_gzip[..^9]).List().ToArray(), "layer l/layer.tar in the archive: mal"),
        ("a zstd layer that ends early",
            Docker(s_zstd[..^9]).List().ToArray(), "layer l/layer.tar in the archive: mal"),
        ("a link in a circle",
            Docker().With(t => t.Symlink("a", "b").Symlink("b", "a")).List(layers: "\"a\"").ToArray(), "no layer"),
        ("a link to outside", Docker().With(t => t.Symlink("l/x", "../../etc/passwd")).List().ToArray(), "leaves"),
        ("links without end",
            Docker().With(t => t.Times(3_000, (tar, i) => tar.Symlink($"{i}", s_longPath))).List().ToArray(),
            "too many files"),
        ("an extended header without end",
            Docker().With(t => t.Pax("comment=" + new string('x', 2 << 20)).File("x")).List().ToArray(),
            "header-bytes"),
        ("a tag that is none", Docker().List(tags: "\"A B\"").ToArray(), "invalid reference format"),
        ("a number for a tag", Docker().List(tags: "1").ToArray(), "malformed"),
        ("an index that is no JSON", new ArchiveBytes().File("index.json", "{").ToArray(), "image index is malformed"),
        ("an index of schema 1",
            new ArchiveBytes().File("index.json", "{\"schemaVersion\":1}").ToArray(), "schema version 1"),
        ("an index of nothing", new ArchiveBytes().File("index.json", Index()).ToArray(), "names no image"),
        ("an index with layers",
            new ArchiveBytes().File("index.json", """{"schemaVersion":2,"layers":[]}""").ToArray(), "two ways"),
        ("a manifest that is missing", Only(Descriptor("x", s_manifest)), "no manifest \"blobs/sha256/"),
        ("a manifest of another digest",
            new ArchiveBytes().Blob(Attestation, Digest("{}"))
                .File("index.json", Index(Descriptor("{}", s_manifest))).ToArray(), "has digest"),
        ("a manifest with manifests", OneManifest("""{"schemaVersion":2,"manifests":[],"config":{}}"""), "two ways"),
        ("a manifest without config", OneManifest("""{"schemaVersion":2}"""), "no digest"),
        ("a manifest that is an index", OneManifest(Index()), "image manifest"),
        ("a blob with another name", new ArchiveBytes().Blob(s_gzip, Digest("x")).ToArray(), "has digest"),
        ("a layout without its layer",
            new ArchiveBytes().Blob(Config).Blob(Manifest(Config, Layer))
                .File("index.json", Index(Descriptor(Manifest(Config, Layer), s_manifest))).ToArray(), "no layer"),
        ("a layout without its config",
            new ArchiveBytes().Blob(Layer).Blob(Manifest(Config, Layer))
                .File("index.json", Index(Descriptor(Manifest(Config, Layer), s_manifest))).ToArray(), "no config"),
        ("a layout whose config names others", Layout(OtherLayer, Config).ToArray(), "its config names"),
        ("a nested index for nobody",
            Nested(On(Descriptor(Manifest(Config, Layer), s_manifest), "linux", "s390x")), "no image for platform"),
        ("a name that is none",
            Annotated("io.containerd.image.name", "A B"),
            "invalid reference format"),
    ];

    /// <summary>What is taken, and the names of its images, "-" for one without.</summary>
    internal static IReadOnlyList<(string Name, byte[] Bytes, string Names)> Taken { get; } =
    [
        ("docker's older archive", Docker().List().ToArray(), "a:b"),
        ("the list first",
            new ArchiveBytes().List().File("c.json", Config).File("l/layer.tar", Layer).ToArray(), "a:b"),
        ("no names", Docker().List(tags: "").ToArray(), "-"),
        ("null for names",
            Docker()
                .File("manifest.json", """[{"Config":"c.json","RepoTags":null,"Layers":["l/layer.tar"]}]""").ToArray(),
            "-"),
        ("two names", Docker().List(tags: "\"a:b\",\"h:5000/x/y:z\"").ToArray(), "a:b h:5000/x/y:z"),
        ("no layers", new ArchiveBytes().File("c.json", ConfigOf()).List(layers: "").ToArray(), "a:b"),
        ("null for layers",
            new ArchiveBytes().File("c.json", ConfigOf())
                .File("manifest.json", """[{"Config":"c.json","Layers":null}]""").ToArray(), "-"),
        ("two layers", Two().List(layers: "\"l/layer.tar\",\"m.tar\"").ToArray(), "a:b"),
        ("one layer twice",
            Docker(config: ConfigOf(Layer, Layer)).List(layers: "\"l/layer.tar\",\"l/layer.tar\"").ToArray(), "a:b"),
        ("a symbolic link for a layer",
            Docker().With(t => t.Symlink("m/layer.tar", "../l/layer.tar"))
                .List(layers: "\"m/layer.tar\"").ToArray(), "a:b"),
        ("a hard link for a layer",
            Docker().With(t => t.HardLink("m", "l/layer.tar")).List(layers: "\"m\"").ToArray(), "a:b"),
        ("dots and slashes in names",
            new ArchiveBytes().File("./l//layer.tar", Layer).File("/c.json", Config).List().ToArray(), "a:b"),
        ("a file that comes twice", Docker(config: "{}").File("c.json", Config).List().ToArray(), "a:b"),
        ("a gzip layer", Docker(s_gzip).List().ToArray(), "a:b"),
        ("a zstd layer", Docker(s_zstd).List().ToArray(), "a:b"),
        ("no end of the tar", Docker().List().Unfinished(), "a:b"),
        ("rubbish behind the tar", [.. Docker().List().ToArray(), .. "rubbish"u8], "a:b"),
        ("gzip around all", TestImage.Gzip(Docker().List().ToArray()), "a:b"),
        ("zstd around all", TestImage.Zstd(Docker().List().ToArray()), "a:b"),
        ("files of no use", Docker().File("VERSION", "1.0").File("repositories", "{}").List().ToArray(), "a:b"),
        ("a layout", Layout(Layer, Config).ToArray(), "-"),
        ("a layout with a full name",
            Annotated("io.containerd.image.name", "docker.io/library/n:t"),
            "- n:t"),
        ("a layout with skopeo's name",
            Annotated("org.opencontainers.image.ref.name", "n:t"),
            "- n:t"),
        ("a layout with a tag alone",
            Annotated("org.opencontainers.image.ref.name", "t"),
            "- -"),
        ("an attestation beside it",
            Layout(Layer, Config, On(Descriptor(Attestation, s_manifest), "unknown", "unknown")).Blob(Attestation)
                .ToArray(),
            "-"),
        ("a nested index",
            Nested(On(Descriptor(Manifest(Config, Layer), s_manifest), "linux", Platform.Host.Architecture)), "-"),
        ("both lists",
            Layout(Layer, Config)
                .List("blobs/sha256/" + Digest(Config)[7..], $"\"blobs/sha256/{Digest(Layer)[7..]}\"").ToArray(),
            "a:b"),
    ];

    private static ArchiveBytes Two() => Docker(config: ConfigOf(Layer, OtherLayer)).File("m.tar", OtherLayer);

    private static byte[] Only(JsonNode manifest) =>
        new ArchiveBytes().File("index.json", Index(manifest)).ToArray();

    private static byte[] OneManifest(string text) =>
        new ArchiveBytes().Blob(text).File("index.json", Index(Descriptor(text, s_manifest))).ToArray();

    private static byte[] Nested(JsonNode manifest) => Layout(Layer, Config).Blob(Index(manifest))
        .File("index.json", Index(Descriptor(Index(manifest), s_index))).ToArray();

    // The image twice, once with a name.
    private static byte[] Annotated(string key, string value) =>
        Layout(Layer, Config, Named(Descriptor(Manifest(Config, Layer), s_manifest), key, value)).ToArray();

    // By default in the middle.
    private static byte[] Flip(byte[] bytes, int? fromEnd = null)
    {
        byte[] flipped = [.. bytes];
        flipped[^(fromEnd ?? bytes.Length / 2)] ^= 0x10;
        return flipped;
    }
}
