using System.Security.Cryptography;

namespace Skiff.System.Tests;

/// <summary>
/// Debian's cosign, versions 2 and 3, and a registry with images for it to sign. It knows no transparency log and no
/// time-stamping server: there is no network.
/// </summary>
public sealed class Cosign : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skiff-cosign-").FullName;
    private readonly ScratchRegistry _registry = new();
    private int _images;

    public Cosign()
    {
        Command.Run(SkiffHost.Script("cosign"), "install").Exits(0);
        Run("2", "generate-key-pair", "--output-key-prefix", At("P-256")).Exits(0);
        using (ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384)) Import("P-384", key.ExportPkcs8PrivateKeyPem());
        using (RSA key = RSA.Create(2048)) Import("RSA", key.ExportPkcs8PrivateKeyPem());
        Import("Ed25519", Command.Run("openssl", "genpkey", "-algorithm", "ed25519").Exits(0).Out);
        Run("3", "signing-config", "create", "--out", At("nobody.json")).Exits(0);
    }

    /// <summary>ADDRESS:PORT of the registry.</summary>
    public string Host => _registry.Host;

    /// <summary>A new image that nobody has signed, as an index of several platforms.</summary>
    public string NewImage(SkiffHost host)
    {
        string image = $"{Host}/team/app{Interlocked.Increment(ref _images)}:v1";
        Copy(host.Busybox, image);
        return image;
    }

    /// <summary>Copies an image without its signatures.</summary>
    public static void Copy(string from, string to) => Command.Run("skopeo", "copy", "-q", "--all",
        "--src-tls-verify=false", "--dest-tls-verify=false", $"docker://{from}", $"docker://{to}").Exits(0);

    /// <summary>The digest of what an image's name stands for, or of the manifest for one of its platforms.</summary>
    public static string Digest(string image, string? architecture = null) => Command.Shell(
        """
        skopeo inspect --tls-verify=false --raw "docker://$1" > "$2"
        if [ -n "$3" ]; then jq -r ".manifests[] | select(.platform.architecture == \"$3\") | .digest" "$2"
        else skopeo manifest-digest "$2"; fi; rm "$2"
        """, image, Path.GetTempFileName(), architecture ?? "").Text();

    /// <summary>The public key's file: P-256, P-384, RSA or Ed25519.</summary>
    public string PublicKey(string key) => At(key + ".pub");

    /// <summary>Signs what an image's name stands for, or one of its manifests.</summary>
    /// <param name="form"><c>tag</c>, <c>referrer</c> (both version 2), <c>bundle</c> or <c>tag3</c> (both version
    /// 3).</param>
    /// <param name="key">Whose.</param>
    /// <param name="image">By tag.</param>
    /// <param name="digest">Another digest than the tag's.</param>
    public void Sign(string form, string key, string image, string? digest = null)
    {
        string[] how = form switch
        {
            "tag" => ["2", "sign", "--tlog-upload=false"],
            "referrer" => ["2", "sign", "--tlog-upload=false", "--registry-referrers-mode=oci-1-1"],
            "bundle" => ["3", "sign", "--signing-config", At("nobody.json")],
            _ => ["3", "sign", "--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false"],
        };
        string repository = image[..image.LastIndexOf(':')];
        Run([.. how, "--yes", "--allow-http-registry", "--key", At(key + ".key"),
            $"{repository}@{digest ?? Digest(image)}"]).Exits(0);
    }

    public void Dispose()
    {
        _registry.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private void Import(string name, string pem)
    {
        File.WriteAllText(At(name + ".pem"), pem);
        Run("3", "import-key-pair", "--key", At(name + ".pem"), "--output-key-prefix", At(name)).Exits(0);
    }

    private CommandResult Run(params string[] arguments)
    {
        // Version 3 would look for sigstore's roots, which a key does not need, until names are given up on.
        using var command = Command.Start(SkiffHost.Script("cosign"), arguments, new Dictionary<string, string?>
        {
            ["COSIGN_PASSWORD"] = "", ["COSIGN_EXPERIMENTAL"] = "1", ["HOME"] = _folder,
            ["HTTPS_PROXY"] = "http://127.0.0.1:1",
        });
        return command.Finish();
    }
}
