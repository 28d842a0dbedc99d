using System.Text;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Images;

/// <summary>Pulls from registries and token servers that do something wrong with a document.</summary>
public sealed class DocumentFaultTests : IDisposable
{
    private const string TokenPath = "/token", Name = DocumentFault.Repository + ":v1";

    // Nothing of this is about the disk, and there are many rows.
    private readonly string _root = $"/dev/shm/skiff-documents-{Guid.NewGuid():N}";
    private readonly StoreWorld _world;
    private readonly TestImage _image = new TestImage().AddGzip(TestImage.Tar(5000));

    // How often the document was asked for, and how many tokens were sold.
    private int _asked, _sold;

    public static TheoryData<DocumentFault> Faults => [.. DocumentFault.All()];

    public DocumentFaultTests()
    {
        _world = new StoreWorld("erofs", _root);
        _image.Push(_world.Registry, DocumentFault.Repository);
    }

    public void Dispose()
    {
        _world.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Table_of_faulty_documents_has_rows_with_names_of_their_own()
    {
        DocumentFault[] rows = [.. DocumentFault.All()];
        string text = $"document faults: {rows.Length} rows, {rows.Count(row => row.Error is null)} of them recovered "
            + "from";
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(rows.Length >= 150, text);
        Assert.Equal(rows.Length, rows.DistinctBy(row => row.ToString()).Count());
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task Faulty_document_ends_in_a_clear_error_and_the_next_pull_succeeds(DocumentFault fault)
    {
        _world.Registry.Intercept = request => Answer(request, fault);
        if (fault.Error is { } error)
        {
            var e = await Assert.ThrowsAsync<ImageException>(() => PullAsync(fault.PatienceMs));
            Assert.StartsWith($"pull {_world.Ref(Name)}: ", e.Message);
            Assert.Contains(error.Replace("HOST", _world.Registry.Host), e.Message);
            Assert.DoesNotContain(e.Message, char.IsControl);
            AssertNothingLeft();
        }
        else
        {
            Assert.Equal(_image.ConfigDigest, (await PullAsync(fault.PatienceMs)).Image.Id);
        }
        Assert.Equal(fault.Asks, _asked);
        Assert.All(_world.Registry.Requests.Where(request => !request["Host"]!.StartsWith("127.0.0.1:")),
            request => Assert.Null(request["Authorization"]));
        _world.Registry.Intercept = request => Answer(request, null);
        Assert.Equal(fault.Error is not null, (await PullAsync(patienceMs: 10_000)).Changed);
        Assert.Equal(_image.Layers[0].Tar, _world.Read(_image.DiffId(0)));
        _world.AssertClean();
    }

    private void AssertNothingLeft()
    {
        Assert.Empty(_world.Store.List());
        Assert.Empty(_world.Store.Content.List());
        Assert.Empty(_world.Layers.List());
        Assert.Empty(_world.Layers.Strays(new HashSet<Digest>()));
        Assert.Empty(_world.Ingests());
        _world.AssertClean();
    }

    private Task<PullResult> PullAsync(int patienceMs)
    {
        var options = new RegistryOptions
        {
            RetryDelayMs = 1, MaxRetryDelayMs = 10, Retries = 1, IdleTimeoutMs = patienceMs,
        };
        return new ImagePuller(_world.Store, options)
            .PullAsync(Reference.Parse(_world.Ref(Name)), null, _world.Progress, default);
    }

    // Nobody asks for a token under another name.
    private Answer? Answer(Request request, DocumentFault? fault)
    {
        (Document document, byte[] body, string type) =
            request.Path.StartsWith(TokenPath, StringComparison.Ordinal)
                ? (Document.Token, Encoding.UTF8.GetBytes($$"""{"token":"T{{_sold++}}"}"""), "application/json")
            : request.Path.Contains("/manifests/") ? (Document.Manifest, _image.ManifestBytes, _image.ManifestType)
            : request.Path.EndsWith(_image.BlobDigest(0).ToString(), StringComparison.Ordinal)
                ? (Document.Layer, _image.Layers[0].Blob, "application/octet-stream")
            : (Document.Config, _image.Config(), "application/octet-stream");
        var asked = new DocumentRequest(_world.Registry, _image, request.Path, _asked, body, type);
        bool isOpen = document == Document.Token || request["Host"] != _world.Registry.Host;
        if (!isOpen && request["Authorization"]?.StartsWith("Bearer T", StringComparison.Ordinal) != true)
            return asked.Challenge();
        if (document == fault?.Of)
        {
            _asked++;
            if (fault.Reply(asked) is { } answer) return answer;
        }
        return document == Document.Token ? asked.Typed(new Answer { Body = body }) : null;
    }
}
