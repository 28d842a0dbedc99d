using System.Text.Json;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Pulls from a real registry, with skopeo and tar as witnesses.</summary>
public class DebianRegistryTests
{
    private const string MakeImage = """
        mkdir -p one two
        head -c 1000000 /bin/bash > one/big
        echo hello > two/hello
        umoci init --layout oci
        umoci new --image oci:v1
        tar -cf one.tar one
        tar -cf two.tar two
        umoci raw add-layer --image oci:v1 one.tar
        umoci raw add-layer --image oci:v1 two.tar
        umoci config --image oci:v1 --config.cmd /bin/x --config.env A=b --config.user 1000
        """;

    [Theory]
    [InlineData("oci")]
    [InlineData("v2s2")]
    public async Task Image_is_pulled_as_skopeo_sees_it(string format)
    {
        Assert.SkipWhen(DebianRegistry.Missing is not null, $"{DebianRegistry.Missing} is not installed");
        using DebianRegistry registry = await DebianRegistry.StartAsync();
        registry.Sh(MakeImage);
        string name = $"{registry.Host}/team/app:v1";
        registry.Sh($"skopeo copy -q -f {format} --dest-tls-verify=false oci:oci:v1 docker://{name}");

        using var root = new ScratchDirectory();
        var layers = new TarLayers(root["layers"]);
        var store = new ImageStore(new StateRoots(root.Path, root["run"]), layers, new ContentStore(root.Path));
        PullResult result =
            await new ImagePuller(store).PullAsync(Reference.Parse(name), null, new ImageLog(), default);

        using JsonDocument seen = JsonDocument.Parse(registry.Sh($"skopeo inspect --tls-verify=false docker://{name}"));
        Assert.Equal(seen.RootElement.GetProperty("Digest").GetString(), result.Digest.ToString());
        using JsonDocument config =
            JsonDocument.Parse(registry.Sh($"skopeo inspect --config --tls-verify=false docker://{name}"));
        Assert.Equal(
            config.RootElement.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(d =>
                d.GetString()!),
            result.Image.DiffIds.Select(d => d.ToString()));
        Assert.Equal(["/bin/x"], result.Image.Config.Config.Cmd!);
        Assert.Equal("1000", result.Image.Config.Config.User);
        string tar = Path.Join(layers.Directory, result.Image.DiffIds[0].Hex);
        Assert.Contains("one/big", registry.Sh($"tar -tf {tar}"));
        Assert.Equal("1000000", registry.Sh($"tar -xOf {tar} one/big | wc -c").Trim());

        Reference byDigest = Reference.Parse($"{registry.Host}/team/app@{result.Digest}");
        Assert.Equal(
            result.Image.Id,
                (await new ImagePuller(store).PullAsync(byDigest, null, new ImageLog(), default)).Image.Id);
        await Assert.ThrowsAsync<ImageException>(
            () => new ImagePuller(store).PullAsync(
                Reference.Parse($"{registry.Host}/team/none:v1"), null, new ImageLog(), default));
    }
}
