using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>What makes two images the same one, as skopeo sees it.</summary>
/// <param name="Id">The config's digest.</param>
/// <param name="Layers">The DiffIds, as JSON.</param>
public sealed record ImageFacts(string Id, string Layers)
{
    /// <summary>Of an image by skopeo's name for it, <c>oci:/folder:tag</c>.</summary>
    public static ImageFacts Of(string image, string? credentials = null)
    {
        string config = Skopeo("inspect", credentials, image, "--config", "--raw").Exits(0).Out;
        return new ImageFacts(Sha256(config), JsonNode.Parse(config)!["rootfs"]!["diff_ids"]!.ToJsonString());
    }

    /// <summary>Of an image in one of our stores.</summary>
    public static ImageFacts Of(Store store, string name) => new(store.Id(name), store.Layers(name));

    /// <summary>The digest of an image's manifest in a registry.</summary>
    public static string ManifestDigest(string image, string? credentials = null) =>
        Sha256(Skopeo("inspect", credentials, image, "--raw").Exits(0).Out);

    /// <summary>Whether a registry has a manifest of this name.</summary>
    public static bool IsThere(string image, string? credentials = null) =>
        Skopeo("inspect", credentials, image, "--raw").ExitCode == 0;

    /// <summary>Has skopeo read all of an image, and compare what has a digest.</summary>
    public static void Read(string image, string folder, string? credentials = null) => Command.Run(
        "skopeo", ["copy", "-q", "--insecure-policy", "--src-tls-verify=false",
            .. credentials is null ? (string[])[] : ["--src-creds", credentials], image, "dir:" + folder]).Exits(0);

    private static CommandResult Skopeo(string verb, string? credentials, string image, params string[] options)
    {
        string[] login = credentials is null ? [] : ["--creds", credentials];
        return Command.Run("skopeo", [verb, "--tls-verify=false", .. login, .. options, image]);
    }

    private static string Sha256(string text) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
