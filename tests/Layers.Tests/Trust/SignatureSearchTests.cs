using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;
using Skiff.Layers.Trust;

namespace Skiff.Layers.Tests.Trust;

public sealed class SignatureSearchTests : IDisposable
{
    private static readonly Digest s_image = TestRegistry.Sha([1]), s_index = TestRegistry.Sha([2]);

    private readonly TestRegistry _registry = new();
    private readonly TestSigner _signer = new(), _stranger = new();
    private SignatureSearch? _search;

    private string SigTag => TestSigner.Tag(s_image) + ".sig";

    private byte[] Payload => TestSigner.Payload(s_image, $"{_registry.Host}/app");

    private byte[] Signed => _signer.Wrap(TestSigner.Statement(s_image));

    [Fact]
    public async Task Signature_is_found_at_its_tag_and_nothing_else_is_asked_for()
    {
        TestSigner.Store(_registry, "app", SigTag, (Payload, _signer.Sign(Payload)));
        Assert.True(await FindAsync());
        Assert.Equal([$"/v2/app/manifests/{SigTag}", $"/v2/app/blobs/{TestRegistry.Sha(Payload)}"],
            _registry.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task One_good_signature_among_bad_ones_is_enough()
    {
        byte[] other = TestSigner.Payload(s_index, "x");
        TestSigner.Store(_registry, "app", SigTag, (Payload, _stranger.Sign(Payload)), (Payload, null),
            (other, _signer.Sign(other)), (Payload, _signer.Sign(Payload)));
        Assert.True(await FindAsync());
    }

    [Fact]
    public async Task Bad_signatures_are_told_each_with_its_problem()
    {
        byte[] other = TestSigner.Payload(s_index, "x");
        TestSigner.Store(_registry, "app", SigTag, (Payload, _stranger.Sign(Payload)), (other, _signer.Sign(other)));
        Assert.False(await FindAsync());
        Assert.Equal($"signature {TestRegistry.Sha(Payload).Short} is by none of the keys, or what it signs was "
            + $"changed; signature {TestRegistry.Sha(other).Short} is for {s_index}: expected {s_image}",
            _search!.Describe());
    }

    [Fact]
    public async Task Bundle_is_found_by_the_list_of_referrers()
    {
        Digest bundle = TestSigner.StoreBundles(_registry, "app", null, Signed);
        AnswerReferrers(type => type == TestSigner.Bundle ? [(bundle, type)] : []);
        Assert.True(await FindAsync());
        Assert.Equal(0, _registry.CountOf($"/manifests/{TestSigner.Tag(s_image)}?"));
    }

    [Fact]
    public async Task Simple_signature_is_found_by_the_list_of_referrers()
    {
        Digest signature = TestSigner.Store(_registry, "app", null, (Payload, _signer.Sign(Payload)));
        AnswerReferrers(type => type == SimpleSigning.ArtifactType ? [(signature, type)] : []);
        Assert.True(await FindAsync());
    }

    [Fact]
    public async Task List_of_a_registry_that_does_not_filter_is_filtered_here()
    {
        Digest bundle = TestSigner.StoreBundles(_registry, "app", null, Signed);
        AnswerReferrers(_ => [(TestRegistry.Sha([9]), "application/spdx+json"), (bundle, TestSigner.Bundle)]);
        Assert.True(await FindAsync());
        Assert.Equal(0, _registry.CountOf(TestRegistry.Sha([9]).Hex));
    }

    [Theory]
    [InlineData(TestSigner.Bundle)]
    [InlineData("application/vnd.oci.empty.v1+json")]
    [InlineData(null)]
    public async Task Registry_without_a_list_of_referrers_has_them_at_a_tag(string? type)
    {
        Digest bundle = TestSigner.StoreBundles(_registry, "app", null, Signed);
        _registry.AddManifest("app", TestSigner.Tag(s_image), MediaTypes.OciIndex,
            TestSigner.Referrers((TestRegistry.Sha([9]), "application/spdx+json"), (bundle, type)));
        Assert.True(await FindAsync());
        Assert.Equal(1, _registry.CountOf("/referrers/"));
    }

    [Fact]
    public async Task Signature_of_the_chosen_manifest_counts_as_well_as_of_its_index()
    {
        TestSigner.Store(_registry, "app", SigTag, (Payload, _signer.Sign(Payload)));
        Assert.True(await FindAsync(s_index, s_image));
        Assert.False(await FindAsync(s_index));
    }

    [Fact]
    public async Task Unsigned_image_is_told_where_it_was_looked_for()
    {
        Assert.False(await FindAsync());
        Assert.Equal("its tag .sig: manifest unknown (404); its referrers: blob unknown to registry (404); "
            + "its tag for referrers: manifest unknown (404)", _search!.Describe());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"schemaVersion":2,"layers":null}""")]
    [InlineData("""{"schemaVersion":2,"layers":[null]}""")]
    [InlineData("""{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json"}]}""")]
    [InlineData("""{"schemaVersion":2,"layers":[],"manifests":[]}""")]
    [InlineData("""{"schemaVersion":1,"layers":[]}""")]
    public async Task Hostile_manifest_is_no_signature(string manifest)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(manifest);
        _registry.AddManifest("app", SigTag, MediaTypes.OciManifest, bytes);
        _registry.AddManifest("app", TestSigner.Tag(s_image), MediaTypes.OciIndex, bytes);
        Assert.False(await FindAsync());
    }

    [Fact]
    public async Task Blob_that_is_too_large_or_another_than_announced_is_not_taken()
    {
        byte[] large = [.. Payload, .. new byte[SignatureSearch.MaxBytes]];
        TestSigner.Store(_registry, "app", SigTag, (large, _signer.Sign(large)));
        Assert.False(await FindAsync());
        Assert.Contains($"cannot be fetched: it has {large.Length} bytes: expected {SignatureSearch.MaxBytes} at most",
            _search!.Describe());
        Assert.Equal(0, _registry.CountOf("/blobs/"));

        TestSigner.Store(_registry, "app", SigTag, (Payload, _signer.Sign(Payload)));
        _registry.Forge($"/v2/app/blobs/{TestRegistry.Sha(Payload)}", "", new byte[Payload.Length]);
        Assert.False(await FindAsync());
        Assert.Contains("cannot be fetched: blob digest mismatch", _search!.Describe());
        _registry.Forge($"/v2/app/blobs/{TestRegistry.Sha(Payload)}", "", large);
        Assert.False(await FindAsync());
        Assert.Contains("cannot be fetched: blob", _search!.Describe());
    }

    [Fact]
    public async Task Number_of_documents_is_bounded()
    {
        string signature = _stranger.Sign(Payload);
        (byte[], string?)[] many = [.. Enumerable.Repeat((Payload, (string?)signature), 500)];
        TestSigner.Store(_registry, "app", SigTag, many);
        Digest next = TestSigner.Store(_registry, "app", null, (Payload, _signer.Sign(Payload)));
        AnswerReferrers(type => [(next, type)]);
        Assert.False(await FindAsync());
        Assert.StartsWith("more than 128 documents would have to be looked at; signature ", _search!.Describe());
        Assert.InRange(_search.Describe().Length, 1, 400);
        Assert.Equal(SignatureSearch.MaxDocuments, _registry.CountOf("/blobs/"));
    }

    public void Dispose()
    {
        _registry.Dispose();
        _signer.Dispose();
        _stranger.Dispose();
    }

    private void AnswerReferrers(Func<string, (Digest, string?)[]> referrers) => _registry.Intercept = request =>
    {
        string start = $"/v2/app/referrers/{s_image}?artifactType=";
        if (!request.Path.StartsWith(start, StringComparison.Ordinal)) return null;
        string type = Uri.UnescapeDataString(request.Path[start.Length..]);
        return new Answer { Body = TestSigner.Referrers(referrers(type)) }.With("Content-Type", MediaTypes.OciIndex);
    };

    private Task<bool> FindAsync() => FindAsync(s_image);

    private async Task<bool> FindAsync(params Digest[] digests)
    {
        using var client = new RegistryClient(_registry.Host, options: new RegistryOptions { Retries = 0 });
        var demand = new SignatureDemand([VerificationKey.Parse(_signer.Pem)], digests, null);
        _search = new SignatureSearch(client, Reference.Parse($"{_registry.Host}/app:v1"), demand, default);
        return await _search.FindAsync();
    }
}
