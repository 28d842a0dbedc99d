namespace Skiff.System.Tests;

/// <summary>An image on its way from one registry to another, over TLS and with a login, and into an archive.</summary>
public sealed class ChainTests(SkiffHost host)
{
    [Theory]
    [InlineData("erofs", "overlay")]
    [InlineData("overlay", "erofs")]
    public void Image_keeps_manifest_and_layers_at_each_step_and_its_layers_without_its_first_registry(
        string snapshotter, string other)
    {
        using ScratchRegistry first = new(withImages: true);
        using SecureRegistry second = new(isEmpty: true);
        Logins logins = new(host, second.TrustingFile);
        logins.Add(second.Host, SecureRegistry.Login);
        using Store here = new(host, snapshotter, logins.Variables), late = new(host, snapshotter, logins.Variables);
        using Store elsewhere = new(host, other, logins.Variables), loaded = new(host, snapshotter);
        string source = $"{first.Host}/probe:latest", copy = $"{second.Host}/my/copy:v1";
        ImageFacts facts = ImageFacts.Of("docker://" + source);
        string digest = ImageFacts.ManifestDigest("docker://" + source);
        foreach (Store store in (Store[])[here, late]) store.Run("pull", "-q", source).Exits(0);
        AssertSame(here, source);

        here.Run("tag", source, copy).Exits(0);
        Assert.Contains($"digest: {digest} ", here.Run("push", copy).Exits(0).Lines[^1]);
        Assert.Equal(digest, ImageFacts.ManifestDigest("docker://" + copy, SecureRegistry.Login));
        AssertSame(here, copy);
        first.Stop();

        elsewhere.Run("pull", "-q", copy).Exits(0);
        AssertSame(elsewhere, copy);
        string archive = Path.Combine(elsewhere.Folder, "copy.tar");
        elsewhere.Run("save", "-o", archive, copy).Exits(0);
        Assert.Equal(facts, ImageFacts.Of($"docker-archive:{archive}:{copy}"));
        loaded.Run("load", "-i", archive).Exits(0);
        AssertSame(loaded, copy);

        // What knows of the first registry alone has to compress the layers itself.
        string anew = $"{second.Host}/anew:v1";
        late.Run("tag", source, anew).Exits(0);
        Assert.Contains($"another one than {digest}: layer ", late.Run("push", anew).Exits(0).Lines[^1]);
        Assert.NotEqual(digest, ImageFacts.ManifestDigest("docker://" + anew, SecureRegistry.Login));
        Assert.Equal(facts, ImageFacts.Of("docker://" + anew, SecureRegistry.Login));
        ImageFacts.Read("docker://" + anew, Path.Combine(late.Folder, "read"), SecureRegistry.Login);

        void AssertSame(Store store, string name)
        {
            Assert.Equal(facts, ImageFacts.Of(store, name));
            Assert.Contains(digest, store.Run("image", "inspect", "-f", "{{json .RepoDigests}}", name).Text());
        }
    }
}
