using System.Text.Json;
using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>Layers of the images and content of the Debian packages that scripts/images leaves below out/.</summary>
internal static partial class CorpusTars
{
    private static IEnumerable<CorpusTar> Images =>
    [
        Image("busybox:latest") with { Oracle = CorpusOracle.GnuTar }, Image("busybox:zstd"), Image("debian:bookworm"),
        Image("probe:latest") with { Oracle = CorpusOracle.Umoci },
        .. ((string[])["libc6", "perl-base", "dpkg", "bash", "tar", "libc-bin", "base-files", "passwd"])
            .Select(Package),
        .. Environment.GetEnvironmentVariable("SKIFF_CORPUS") == "images" ? LargeImages : [],
    ];

    // 35,000 entries: they take longer than all others together.
    private static IEnumerable<CorpusTar> LargeImages => ((string[])["python:latest", "jdk:latest"])
        .Select(name => Image(name) with { Oracle = CorpusOracle.Umoci });

    private static CorpusTar Image(string name) => new($"image {name}", sandbox =>
    {
        string descriptor = File.ReadAllText(OutputFolder.Need("images", "refs", name));
        JsonElement manifest = Blob(descriptor);
        if (manifest.TryGetProperty("manifests", out JsonElement manifests)) manifest = Blob(manifests[0].GetRawText());
        return [.. manifest.GetProperty("layers").EnumerateArray().Select(layer => Uncompress(sandbox, layer))];
    });

    private static JsonElement Blob(string descriptor) => JsonDocument.Parse(File.ReadAllBytes(
        PathOf(JsonDocument.Parse(descriptor).RootElement.GetProperty("digest").GetString()!))).RootElement;

    private static string PathOf(string digest) =>
        OutputFolder.Need("images", "oci", "blobs", digest.Replace(':', '/'));

    private static string Uncompress(Sandbox sandbox, JsonElement layer)
    {
        string tar = sandbox.NewPath("layer.tar"), blob = PathOf(layer.GetProperty("digest").GetString()!);
        string program = layer.GetProperty("mediaType").GetString()!.EndsWith("zstd") ? "zstd -dc" : "gzip -dc";
        Shell.Run("bash", "-euc", $"{program} \"$1\" > \"$2\"", "uncompress", blob, tar);
        return tar;
    }

    private static CorpusTar Package(string name) => new($"package {name}", sandbox =>
    {
        string folder = OutputFolder.Need("images", "debs"), tar = sandbox.NewPath("package.tar");
        string package = Directory.GetFiles(folder, $"{name}_*.deb").Order(StringComparer.Ordinal).Last();
        Shell.Run("bash", "-euc", "dpkg-deb --fsys-tarfile \"$1\" > \"$2\"", "unpack", package, tar);
        return [tar];
    });
}
