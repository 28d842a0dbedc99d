using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Documents that arrive whole and are not what they should be.</summary>
public sealed partial record DocumentFault
{
    private const string Page = "<html>Please accept the terms of use</html>";

    private static IEnumerable<DocumentFault> Tokens() =>
        from shape in ((string, string)[])
        [
            ("is a page", Page),
            ("is a list", "[]"),
            ("is a number", """{"token":7}"""),
            ("is null", """{"token":null,"access_token":null}"""),
            ("is no text", """{"token":"\ud800"}"""),
        ]
        select Wrong(shape.Item1, Document.Token, r => r.Text(shape.Item2), "token server HOST sent no token");

    private static IEnumerable<DocumentFault> Manifests() =>
    [
        Wrong("is a page", Document.Manifest, _ => Answer.Text(200, Page).With("Content-Type", "text/html"),
            "manifest is malformed: "),
        Wrong("is a list", Document.Manifest, r => r.Text("[]"), "manifest is malformed: expected a JSON object"),
        Wrong("ends early", Document.Manifest, r => r.Typed(new Answer { Body = r.Body[..^9] }),
            "manifest is malformed: "),
        Wrong("is of schema 1", Document.Manifest, r => r.Text("""{"schemaVersion":1,"fsLayers":[]}"""),
            "Docker schema 1, which is not supported; push the image with a current tool"),
        Wrong("is of schema 3", Document.Manifest, r => r.Changed("\"schemaVersion\":2", "\"schemaVersion\":3"),
            "image manifest has schema version 3: expected 2"),
        Wrong("comes as an index", Document.Manifest,
            r => new Answer { Body = r.Body }.With("Content-Type", MediaTypes.OciIndex),
            $"manifest was sent as {MediaTypes.OciIndex} but says it is {MediaTypes.OciManifest}"),
        Wrong("is of an unknown type", Document.Manifest, r => r.Changed(MediaTypes.OciManifest, "application/x"),
            "manifest is application/x: expected "),
        Wrong("is of a type that is no text", Document.Manifest, r => r.Changed(MediaTypes.OciManifest, @"\ud800"),
            "manifest is malformed: "),
        Wrong("is a chart", Document.Manifest,
            r => r.Changed(MediaTypes.OciConfig, "application/vnd.cncf.helm.config.v1+json"),
            "not a container image: its config is application/vnd.cncf.helm.config.v1+json"),
        Wrong("has no config", Document.Manifest, r => r.Changed("\"config\"", "\"konfig\""),
            "the config in the image manifest has no digest"),
        Wrong("has a config without a digest", Document.Manifest,
            r => r.Changed(r.Image.ConfigDigest.ToString(), "sha256:12"), "bad digest \"sha256:12\""),
        Wrong("has a config of a negative size", Document.Manifest,
            r => r.Changed($"\"size\":{r.Image.Config().Length} ", "\"size\":-7 "), "has size -7: expected 0 or more"),
        Wrong("has a config of another size", Document.Manifest,
            r => r.Changed($"\"size\":{r.Image.Config().Length} ", $"\"size\":{r.Image.Config().Length + 1} "),
            "has the wrong size: expected "),
        Wrong("has an enormous config", Document.Manifest,
            r => r.Changed($"\"size\":{r.Image.Config().Length} ", "\"size\":9999999999 "),
            $"image config of 9999999999 bytes: expected {ImageConfig.MaxBytes} at most"),
        Wrong("has a layer of an unknown type", Document.Manifest, r => r.Changed(MediaTypes.OciLayerGzip, "text/x"),
            "is text/x: expected a tar, gzip or zstd layer"),
        Wrong("has a layer of a negative size", Document.Manifest,
            r => r.Changed($"\"size\":{r.Image.Layers[0].Blob.Length} ", "\"size\":-1 "),
            "has size -1: expected 0 or more"),
        Wrong("has a layer of another size", Document.Manifest,
            r => r.Changed($"\"size\":{r.Image.Layers[0].Blob.Length} ", "\"size\":5 "),
            "blob has the wrong size: expected 5 bytes, got "),
        Wrong("has more layers than the config", Document.Manifest, r => r.Changed("\"layers\":[", "\"layers\":["
            + $$"""{"mediaType":"{{MediaTypes.OciLayer}}","digest":"{{r.Image.ConfigDigest}}","size":1},"""),
            "config names 1 layers and the manifest 2: expected as many"),
        Wrong("has more layers than there can be", Document.Manifest, r => r.Changed("\"layers\":[", "\"layers\":["
            + string.Concat(Enumerable.Repeat($$"""
                {"mediaType":"{{MediaTypes.OciLayer}}","digest":"{{r.Image.ConfigDigest}}","size":1},
                """, Manifest.MaxLayers))),
            $"image has {Manifest.MaxLayers + 1} layers: expected {Manifest.MaxLayers} at most"),
        Wrong("has a layer that may not be passed on", Document.Manifest, r => r.Changed(
            MediaTypes.OciLayerGzip, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
            "expected a tar, gzip or zstd layer"),
        Wrong("has no layers", Document.Manifest, r => r.Changed("\"layers\"", "\"leyers\""),
            "config names 1 layers and the manifest 0: expected as many"),
    ];

    private static IEnumerable<DocumentFault> Indexes() =>
    [
        Wrong("is an index of nothing", Document.Manifest,
            r => Answer.Text(200, """{"schemaVersion":2,"manifests":[]}""").With("Content-Type", MediaTypes.OciIndex),
            "no image for platform "),
        Wrong("is an index of an unknown type", Document.Manifest,
            r => r.Index("text/x", r.Image.ManifestDigest, r.Body.Length), "no image for platform "),
        Wrong("is an index with a negative size", Document.Manifest,
            r => r.Index(r.Type, r.Image.ManifestDigest, -1), "has size -1: expected 0 or more"),
        new("is an index with another size", Document.Manifest,
            Once(r => r.Index(r.Type, r.Image.ManifestDigest, r.Body.Length + 1)),
            "has the wrong size: expected ", 2),
        new("is an index of a manifest that is not there", Document.Manifest,
            Once(r => r.Index(r.Type, TestRegistry.Sha([1]), 1)), "manifest unknown (404)", 2),
        new("is an index of indexes", Document.Manifest,
            r => r.Count == 0 ? r.Index(r.Type, TestRegistry.Sha(r.Index("", default, 0).Body), 1)
                : r.Index("", default, 0), "is an index: expected ", 2),
    ];

    private static IEnumerable<DocumentFault> Configs() =>
        from shape in ((string What, Func<DocumentRequest, Answer> Reply, string Error)[])
        [
            ("is a page", r => r.WithConfig(Page), "image config is malformed: "),
            ("is null", r => r.WithConfig("null"), "image config is null: expected an object"),
            ("is a list", r => r.WithConfig("[]"), "image config is malformed: "),
            ("has no rootfs", r => r.WithConfig("{}"), "image config has no rootfs"),
            ("has an unknown rootfs", r => r.WithConfig("\"type\":\"layers\"", "\"type\":\"lawyers\""),
                "image config has rootfs.type \"lawyers\": expected \"layers\""),
            ("has a DiffId that is none", r => r.WithConfig(r.Image.DiffId(0).ToString(), "sha256:xyz"), "sha256:xyz"),
            ("has a number for a DiffId", r => r.WithConfig($"\"{r.Image.DiffId(0)}\"", "7"),
                "image config is malformed: "),
            ("has fewer layers than the manifest", r => r.WithConfig($"\"{r.Image.DiffId(0)}\"", ""),
                "config names 0 layers and the manifest 1: expected as many"),
            ("has another DiffId", r => r.WithConfig(r.Image.DiffId(0).Hex, new string('0', 64)), "DiffId mismatch: "),
            ("is for another system", r => r.WithConfig("\"linux\"", "\"windows\""),
                "image is for windows/amd64: expected linux"),
        ]
        select Wrong("names a config that " + shape.What, Document.Manifest, shape.Reply, shape.Error);

    // What is wrong with the document itself is no better for asking again.
    private static DocumentFault Wrong(
        string what, Document of, Func<DocumentRequest, Answer> reply, string error) => new(what, of, reply, error, 1);
}
