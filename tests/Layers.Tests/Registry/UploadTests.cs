using System.IO.Pipelines;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Uploads;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class UploadTests : IDisposable
{
    private readonly UploadServer _server = new();
    private readonly byte[] _blob = new byte[300_000];
    private readonly RegistryClient _client;
    private readonly RegistryWriter _writer;

    public UploadTests()
    {
        new Random(4).NextBytes(_blob);
        _client = new RegistryClient(_server.Registry.Host, null, new RegistryOptions
        {
            Retries = 3, RetryDelayMs = 1, MaxRetryDelayMs = 5,
        });
        _writer = _client.WriterFor(Reference.Parse($"{_server.Registry.Host}/a/b:v1"));
    }

    private string Digest => TestRegistry.Sha(_blob).ToString();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Blob_goes_as_one_body(bool relative, bool knowsLength)
    {
        _server.IsRelative = relative;
        var (digest, bytes) = await UploadAsync(knowsLength: knowsLength);
        Assert.Equal((Digest, _blob.Length), (digest.ToString(), bytes));
        Assert.Equal(["POST uploads", "PATCH upload", "PUT upload"], _server.Log);
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Request patch = _server.Registry.Requests.ElementAt(1);
        Assert.Equal(knowsLength ? "300000" : null, patch["Content-Length"]);
        Assert.Equal(("application/octet-stream", null), (patch["Content-Type"], patch["Content-Range"]));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Upload_that_breaks_off_goes_on_where_the_registry_is(bool knowsLength, bool seeks)
    {
        CutOnce(100_001);
        await UploadAsync(knowsLength: knowsLength, seeks: seeks);
        Assert.Equal(
            ["POST uploads", "PATCH upload", "GET upload", "PATCH upload", "PUT upload"], _server.Log);
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Assert.Equal(199_999, _server.Registry.Requests.ElementAt(3).Bytes.Length);
        Assert.Equal(knowsLength ? "100001-299999" : null, _server.Registry.Requests.ElementAt(3)["Content-Range"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Upload_of_which_next_to_nothing_came_begins_anew(int cut)
    {
        CutOnce(cut);
        await UploadAsync();
        Assert.Equal(
            ["POST uploads", "PATCH upload", "GET upload", "POST uploads", "PATCH upload", "PUT upload"],
            _server.Log);
        Assert.Equal(_blob, _server.Blobs[Digest]);
    }

    [Fact]
    public async Task Registry_that_claims_to_have_more_than_there_is_gets_all_of_it_again()
    {
        CutOnce(50_000);
        _server.Fault = request => request.Method != "GET" ? null
            : Answer.Text(204, "").With("Location", request.Path).With("Range", "0-300000");
        await UploadAsync();
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Assert.Equal(2, _server.Log.Count(line => line == "POST uploads"));
    }

    [Fact]
    public async Task Upload_that_the_registry_has_forgotten_begins_anew()
    {
        CutOnce(50_000);
        _server.Fault = request =>
        {
            if (request.Method == "GET") _server.Forget();
            return null;
        };
        await UploadAsync();
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Assert.Equal(2, _server.Log.Count(line => line == "POST uploads"));
    }

    [Fact]
    public async Task Progress_counts_and_each_break_after_it_is_forgiven()
    {
        int cuts = 0;
        _server.Registry.CutBodyAfter = request => request.Method == "PATCH" && cuts++ < 10 ? 20_000 : null;
        await UploadAsync();
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Assert.Equal(11, _server.Log.Count(line => line == "PATCH upload"));
    }

    [Fact]
    public async Task Breaks_without_progress_are_forgiven_a_few_times()
    {
        _server.Registry.CutBodyAfter = request => request.Method == "PATCH" ? 0 : null;
        ImageException e = await Assert.ThrowsAsync<ImageException>(() => UploadAsync());
        Assert.Contains(_server.Registry.Host, e.Message);
        Assert.Equal(4, _server.Log.Count(line => line == "PATCH upload"));
        Assert.Empty(_server.Blobs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blob_goes_in_chunks(bool knowsLength)
    {
        await UploadAsync(knowsLength: knowsLength, chunk: 100_000);
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Assert.Equal(["0-99999", "100000-199999", "200000-299999"], Ranges());
    }

    [Fact]
    public async Task Chunks_are_as_large_as_the_registry_wants_them()
    {
        _server.BeginHeader = ("OCI-Chunk-Min-Length", "160000");
        await UploadAsync(chunk: 100_000);
        Assert.Equal(["0-159999", "160000-299999"], Ranges());
        Assert.Equal(_blob, _server.Blobs[Digest]);
    }

    [Fact]
    public async Task Chunk_that_breaks_off_goes_on_where_the_registry_is()
    {
        int patches = 0;
        _server.Registry.CutBodyAfter = request => request.Method == "PATCH" && ++patches == 2 ? 30_000 : null;
        await UploadAsync(chunk: 100_000);
        Assert.Equal(["0-99999", "100000-199999", "130000-229999", "230000-299999"], Ranges());
        Assert.Equal(_blob, _server.Blobs[Digest]);
    }

    [Fact]
    public async Task Registry_that_takes_no_large_bodies_gets_chunks()
    {
        byte[] large = new byte[(8 << 20) + 5];
        new Random(5).NextBytes(large);
        _server.Fault = request =>
            request.Method == "PATCH" && request.Bytes.Length > 8 << 20 ? Answer.Text(413, "") : null;
        await _writer.UploadAsync(new Body(large, true, true), null, null, null, null, default);
        Assert.Equal(["0-8388607", "8388608-8388612"], Ranges());
        Assert.Equal(large, Assert.Single(_server.Blobs).Value);
    }

    [Theory]
    [InlineData(32 << 20, false)]
    [InlineData((32 << 20) + 1, true)]
    public async Task Large_body_waits_for_a_word_of_the_registry(int bytes, bool waits)
    {
        await _writer.UploadAsync(new Body(new byte[bytes], true, true), null, null, null, null, default);
        Assert.Equal(waits ? "100-continue" : null, _server.Registry.Requests.ElementAt(1)["Expect"]);
        Assert.Equal(bytes, Assert.Single(_server.Blobs).Value.Length);
    }

    [Fact]
    public async Task Lost_answer_to_the_last_request_is_no_loss()
    {
        int puts = 0;
        _server.Fault = request =>
        {
            if (request.Method != "PUT" || ++puts > 1) return null;
            _server.Blobs.Add(Digest, _blob);
            _server.Forget();
            return new Answer { Raw = [] };
        };
        await UploadAsync();
        Assert.Equal(["PUT upload", "PUT upload", "HEAD blob"], _server.Log[^3..]);
    }

    [Fact]
    public async Task Wrong_bytes_are_not_made_a_blob()
    {
        ImageException e = await Assert.ThrowsAsync<ImageException>(
            () => UploadAsync(expected: TestRegistry.Sha([1])));
        Assert.StartsWith("blob digest mismatch: expected", e.Message);
        Assert.DoesNotContain("PUT upload", _server.Log);
    }

    [Fact]
    public async Task Refusal_says_what_the_registry_says()
    {
        _server.Fault = request => request.Method == "POST" ? Answer.Text(403,
            """{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}""") : null;
        ImageException e = await Assert.ThrowsAsync<ImageException>(() => UploadAsync());
        Assert.StartsWith("requested access to the resource is denied (403); use a login that may do this", e.Message);
    }

    [Fact]
    public async Task Answer_without_a_location_is_refused()
    {
        _server.Fault = request => request.Method == "POST" ? Answer.Text(202, "") : null;
        ImageException e = await Assert.ThrowsAsync<ImageException>(() => UploadAsync());
        Assert.Contains("does not say where to upload to", e.Message);
    }

    [Fact]
    public async Task Upload_elsewhere_gets_no_login()
    {
        using var other = new UploadServer();
        using var client = new RegistryClient(_server.Registry.Host, new RegistryCredentials("me", "secret"));
        _server.Fault = request => request.Method switch
        {
            _ when request["Authorization"] is null => Answer.Text(401, "").With("WWW-Authenticate", "Basic realm=x"),
            "POST" => Answer.Text(202, "").With("Location", $"http://{other.Registry.Host}/v2/x/blobs/uploads/q"),
            _ => null,
        };
        other.Fault = request => request.Method == "PATCH"
            ? Answer.Text(202, "").With("Location", $"http://{other.Registry.Host}/v2/x/blobs/uploads/q")
            : Answer.Text(201, "");
        await client.WriterFor(Reference.Parse($"{_server.Registry.Host}/a:v1"))
            .UploadAsync(new Body(_blob, true, true), null, null, null, null, default);
        Assert.Equal(2, other.Registry.Requests.Count);
        Assert.All(other.Registry.Requests, request => Assert.Null(request["Authorization"]));
    }

    [Fact]
    public async Task Body_that_fails_is_not_taken_for_a_broken_connection()
    {
        ImageException e = await Assert.ThrowsAsync<ImageException>(() => _writer.UploadAsync(
            new Body(_blob, true, true) { FailsAt = 200_000 }, null, null, null, null, default));
        Assert.Equal("no more of it", e.Message);
        Assert.DoesNotContain("GET upload", _server.Log);
        Assert.Empty(_server.Blobs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Small_blob_goes_in_one_piece(int failures)
    {
        int puts = 0;
        _server.Fault = request => request.Method == "PUT" && puts++ < failures ? Answer.Text(503, "") : null;
        await _writer.PutAsync(_blob, TestRegistry.Sha(_blob), default);
        Assert.Equal(_blob, _server.Blobs[Digest]);
        Assert.Equal(failures + 1, _server.Log.Count(line => line == "POST uploads"));
        Assert.Equal("PUT upload", _server.Log[^1]);
    }

    [Fact]
    public async Task Blob_is_mounted_or_uploaded_where_the_registry_says_instead()
    {
        Reference from = Reference.Parse($"{_server.Registry.Host}/other:v1");
        Digest blob = TestRegistry.Sha(_blob);
        _server.Mountable.Add($"?mount={blob}&from=other");
        Assert.Null(await _writer.MountAsync(blob, from, default));
        _server.Mountable.Clear();
        string? location = await _writer.MountAsync(blob, from, default);
        await _writer.UploadAsync(new Body(_blob, true, true), blob, location, null, null, default);
        Assert.Equal(["POST uploads", "POST uploads", "PATCH upload", "PUT upload"], _server.Log);
        Assert.True(await _writer.HasAsync(blob, default));
        Assert.False(await _writer.HasAsync(TestRegistry.Sha([1]), default));
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private Task<(Digest Digest, long Bytes)> UploadAsync(
        bool knowsLength = true, bool seeks = true, int? chunk = null, Digest? expected = null) =>
        _writer.UploadAsync(new Body(_blob, knowsLength, seeks), expected, null, chunk, null, default);

    private void CutOnce(int bytes)
    {
        bool isDone = false;
        _server.Registry.CutBodyAfter = request =>
        {
            if (isDone || request.Method != "PATCH") return null;
            isDone = true;
            return bytes;
        };
    }

    private string?[] Ranges() => [.. _server.Registry.Requests
        .Where(request => request.Method == "PATCH" && request["Content-Range"] is not null)
        .Select(request => request["Content-Range"])];

    private sealed class Body(byte[] bytes, bool knowsLength, bool seeks) : IUploadBody
    {
        public int FailsAt { get; init; } = int.MaxValue;

        public long? Length => knowsLength ? bytes.Length : null;

        public long StartFor(long offset) => seeks ? offset : 0;

        public async Task WriteAsync(PipeWriter pipe, long start, CancellationToken cancellation)
        {
            for (int at = (int)start; at < bytes.Length; at += 7_000)
            {
                if (at >= FailsAt) throw new ImageException("no more of it");
                await pipe.WriteAsync(bytes.AsMemory(at, Math.Min(7_000, bytes.Length - at)), cancellation);
            }
        }
    }
}
