using System.Security.Cryptography;
using System.Text;

namespace Skiff.System.Tests;

/// <summary>The trust policy, with signatures that cosign has put into Debian's docker-registry.</summary>
public sealed class TrustTests(SkiffHost host, Cosign cosign) : IClassFixture<Cosign>
{
    private readonly string _policy = Path.Combine(host.NewFolder(), "policy.json");

    [Theory]
    [InlineData("tag", "P-256")]
    [InlineData("referrer", "P-256")]
    [InlineData("bundle", "P-256")]
    [InlineData("tag3", "P-384")]
    [InlineData("bundle", "P-384")]
    [InlineData("tag3", "RSA")]
    [InlineData("bundle", "RSA")]
    [InlineData("tag", "Ed25519")]
    [InlineData("tag3", "Ed25519")]
    [InlineData("bundle", "Ed25519")]
    public void Image_that_cosign_has_signed_is_pulled_and_one_signed_by_another_key_is_not(string form, string key)
    {
        string image = cosign.NewImage(host);
        cosign.Sign(form, key, image);
        Policy(Keys(key == "P-256" ? "RSA" : "P-256"));
        Run("pull", "-q", image).FailsClearly(1, $"pull {image}: refused by {_policy}: default wants a cosign",
            $"{Cosign.Digest(image)} has none: signature ", " is by none of the keys, or what it signs was changed");
        Policy(Keys("P-256", "P-384", "RSA", "Ed25519"));
        Assert.Equal(image, Run("pull", "-q", image).Text());
        Assert.Equal("42", Run("run", "--rm", image, "echo", "42").Text());
    }

    [Theory]
    [InlineData("tag")]
    [InlineData("bundle")]
    public void Signature_of_the_manifest_that_is_chosen_is_enough_and_one_of_another_platforms_is_not(string form)
    {
        string image = cosign.NewImage(host);
        Policy(Keys("P-256"));
        cosign.Sign(form, "P-256", image, Cosign.Digest(image, "arm64"));
        Run("pull", "-q", "--platform", "linux/amd64", image).FailsClearly(
            1, "has none: its tag .sig: manifest unknown");
        cosign.Sign(form, "P-256", image, Cosign.Digest(image, "amd64"));
        Run("pull", "-q", "--platform", "linux/amd64", image).Exits(0);
    }

    [Fact]
    public void Signature_that_was_copied_to_another_name_counts_only_where_the_digest_is_enough()
    {
        string image = cosign.NewImage(host), copy = $"{cosign.Host}/copy/app:v1";
        cosign.Sign("tag", "P-256", image);
        string tag = Cosign.Digest(image).Replace(':', '-') + ".sig";
        Cosign.Copy(image, copy);
        Cosign.Copy($"{image[..^3]}:{tag}", $"{copy[..^3]}:{tag}");
        Policy(Keys("P-256"));
        Run("pull", "-q", copy).Exits(0);
        Policy(Keys("P-256").Replace("}}", """, "identity": "repository"}}"""));
        Run("pull", "-q", image).Exits(0);
        Run("pull", "-q", copy).FailsClearly(1, $"is for {image[..^3]}: expected {copy[..^3]}");
    }

    [Theory]
    [InlineData("pull", 1)]
    [InlineData("pull -a", 1)]
    [InlineData("create", 1)]
    [InlineData("run", 125)]
    public void Refused_image_leaves_the_store_as_it_is_byte_for_byte(string verb, int code)
    {
        using Store store = new(host, "erofs");
        string good = cosign.NewImage(host), bad = cosign.NewImage(host), repository = bad[..^3];
        cosign.Sign("tag", "P-256", good);
        cosign.Sign("tag", "RSA", bad);
        Policy(Keys("P-256"));
        store.Run("--policy", _policy, "pull", "-q", good).Exits(0);
        string before = Snapshot(store.Root);
        string[] refused = verb == "pull -a" ? ["pull", "-a", repository] : [verb, bad];
        store.Run(["--policy", _policy, .. refused]).Exits(code);
        Assert.Equal(before, Snapshot(store.Root));
        Policy("\"reject\"");
        store.Run(["--policy", _policy, .. refused]).Exits(code);
        Policy("\"rejected\"");
        CommandResult malformed = store.Run(["--policy", _policy, .. refused]).Exits(code);
        Assert.Contains($"{_policy}: default: is \"rejected\": expected \"accept\", \"reject\" or", malformed.Error);
        Assert.Equal(before, Snapshot(store.Root));
    }

    [Fact]
    public void All_tags_of_a_repository_are_its_images_and_not_their_signatures()
    {
        string image = cosign.NewImage(host);
        cosign.Sign("tag", "P-256", image);
        cosign.Sign("bundle", "P-256", image);
        Policy(Keys("P-256"));
        Assert.Equal(image[..^3], Run("pull", "-q", "-a", image[..^3]).Text());
    }

    [Fact]
    public void Archive_is_taken_only_where_no_signature_is_wanted()
    {
        using Store store = new(host, "erofs");
        string archive = Path.Combine(store.Folder, "images.tar"), tar = Path.Combine(store.Folder, "files.tar");
        store.Run("pull", "-q", host.Busybox).Exits(0);
        Command.Run("tar", "-cf", tar, "-C", "/etc", "hostname").Exits(0);
        Policy($$"""
            "reject", "registries": {"good.test": "accept", "bad.test": "reject", "signed.test": {{Keys("P-256")}} }
            """);
        foreach ((string name, string? problem) in ((string, string?)[])
            [
                ("good.test/a:v1", null),
                ("bad.test/a:v1", "registries.\"bad.test\" is \"reject\": change it if bad.test/a is to be trusted"),
                ("signed.test/a:v1", "registries.\"signed.test\" wants a cosign signature by its key, which only a "
                    + "registry has: pull the image, or change the rule"),
                ("other.test/a:v1", "default is \"reject\", and no other rule covers other.test/a"),
            ])
        {
            store.Run("tag", host.Busybox, name).Exits(0);
            store.Run("save", "-o", archive, name).Exits(0);
            store.Run("rmi", name).Exits(0);
            CommandResult loaded = store.Run("--policy", _policy, "load", "-i", archive);
            CommandResult imported = store.Run("--policy", _policy, "import", tar, name + "-files");
            Assert.Equal((problem is null ? 0 : 1, loaded.ExitCode), (loaded.ExitCode, imported.ExitCode));
            if (problem is null) continue;
            loaded.FailsClearly(1, $"load {name}: refused by {_policy}: {problem}");
            imported.FailsClearly(1, $"import {name}-files: refused by {_policy}: {problem}");
            Assert.DoesNotContain(name[..^3], store.Run("images").Out);
        }
        store.Run("--policy", _policy, "import", tar).FailsClearly(1, "import an image: refused by", "without a name");
    }

    private static string Snapshot(string root)
    {
        var text = new StringBuilder();
        foreach (string path in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Order())
            text.AppendLine(Directory.Exists(path) ? path : $"{path} {File.GetLastWriteTimeUtc(path):o} "
                + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));
        return text.ToString();
    }

    private string Keys(params string[] keys) =>
        $"{{\"cosign\": {{\"keys\": [{string.Join(", ", keys.Select(key => $"\"{cosign.PublicKey(key)}\""))}]}}}}";

    private void Policy(string @default) => File.WriteAllText(_policy, $$"""{"default": {{@default}} }""");

    private CommandResult Run(params string[] arguments)
    {
        Dictionary<string, string?> variables = host.Variables();
        variables["SKIFF_POLICY"] = _policy;
        using var command = Command.Start(host.Binary, arguments, variables);
        return command.Finish();
    }
}
