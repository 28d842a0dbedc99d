using System.IO.Pipelines;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Uploads;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class SlowBodyTests : IDisposable
{
    private const int IdleMs = 300, PieceBytes = 10_000;

    private readonly UploadServer _server = new();
    private readonly byte[] _blob = new byte[20 * PieceBytes];
    private readonly RegistryClient _client;

    public SlowBodyTests()
    {
        new Random(3).NextBytes(_blob);
        _client = new RegistryClient(_server.Registry.Host, null, new RegistryOptions
        {
            Retries = 1, RetryDelayMs = 1, IdleTimeoutMs = IdleMs,
        });
    }

    [Fact]
    public async Task Body_that_pauses_is_not_taken_for_a_stalled_connection()
    {
        await UploadAsync(at => at == 10 * PieceBytes ? 4 * IdleMs : 0);
        Assert.Equal(["POST uploads", "PATCH upload", "PUT upload"], _server.Log);
    }

    [Fact]
    public async Task Body_that_takes_long_to_be_made_again_goes_on_where_it_broke_off()
    {
        int patches = 0;
        _server.Registry.CutBodyAfter = request => request.Method == "PATCH" && patches++ == 0 ? 120_000 : null;
        await UploadAsync(_ => patches > 0 ? IdleMs / 2 : 0);
        Assert.Equal(
            ["POST uploads", "PATCH upload", "GET upload", "PATCH upload", "PUT upload"], _server.Log);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task UploadAsync(Func<int, int> pauseMs)
    {
        await _client.WriterFor(Reference.Parse($"{_server.Registry.Host}/a:v1"))
            .UploadAsync(new Body(_blob, pauseMs), null, null, null, null, default);
        Assert.Equal(_blob, Assert.Single(_server.Blobs).Value);
    }

    // As a layer that is compressed on the way, it begins at its beginning only.
    private sealed class Body(byte[] bytes, Func<int, int> pauseMs) : IUploadBody
    {
        public long? Length => null;

        public long StartFor(long offset) => 0;

        public async Task WriteAsync(PipeWriter pipe, long start, CancellationToken cancellation)
        {
            for (int at = 0; at < bytes.Length; at += PieceBytes)
            {
                await Task.Delay(pauseMs(at), cancellation);
                await pipe.WriteAsync(bytes.AsMemory(at, PieceBytes), cancellation);
            }
        }
    }
}
