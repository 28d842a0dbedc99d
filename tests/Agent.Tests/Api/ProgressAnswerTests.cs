using System.Text;
using Skiff.Agent.Api;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Tests.Support;

namespace Skiff.Agent.Tests.Api;

/// <summary>Answers that tell how work gets on.</summary>
public sealed class ProgressAnswerTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly List<string> _log = [];
    private readonly ApiServer _server;

    public ProgressAnswerTests() => _server = new ApiServer(
        new StateRoots(_directory.Path, _directory.Path, "overlay"), line => _log.Add(line));

    public void Dispose()
    {
        _server.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_client_that_does_not_read_keeps_nobody_from_working_and_misses_only_counts()
    {
        var client = new Client { Gate = new TaskCompletionSource() };
        var isDone = new TaskCompletionSource();
        Task answer = RunAsync(client, (progress, _) =>
        {
            progress.Message("first");
            for (int layer = 0; layer < 2000; layer++)
            {
                for (int kib = 1; kib <= 4; kib++)
                    progress.Report(new LayerProgress($"layer{layer}", LayerState.Downloading, kib << 20, 4 << 20));
                progress.Report(new LayerProgress($"layer{layer}", LayerState.PullComplete, 4 << 20, 4 << 20));
            }
            isDone.SetResult();
        });
        await isDone.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(answer.IsCompleted);
        client.Gate.SetResult();
        await answer.WaitAsync(TimeSpan.FromSeconds(60));
        string text = client.Text;
        Assert.Equal(2000, Count(text, "Pull complete"));
        Assert.InRange(Count(text, "\"current\""), 1, 1500);
        Assert.Contains("\"first\"", text);
    }

    [Fact]
    public async Task An_error_before_the_first_line_is_the_callers()
    {
        var client = new Client();
        await Assert.ThrowsAsync<ImageException>(() => RunAsync(client, (_, _) => throw new ImageException("no")));
        Assert.Equal("", client.Text);
    }

    [Fact]
    public async Task An_error_after_it_is_the_last_line()
    {
        var client = new Client();
        await RunAsync(client, (progress, _) =>
        {
            progress.Message("first");
            throw new ImageException("it broke");
        });
        Assert.Contains("200 OK", client.Text);
        Assert.EndsWith("{\"errorDetail\":{\"message\":\"it broke\"},\"error\":\"it broke\"}\n", client.Text);
        Assert.Equal("POST /x: it broke", Assert.Single(_log));
    }

    [Fact]
    public async Task Work_without_a_word_is_answered()
    {
        var client = new Client();
        await RunAsync(client, (_, _) => { });
        Assert.StartsWith("HTTP/1.1 200 OK", client.Text);
    }

    [Fact]
    public async Task Work_is_called_off_when_the_client_takes_nothing_any_more_and_waited_for()
    {
        var client = new Client { Breaks = true };
        bool hasEnded = false;
        await Assert.ThrowsAsync<IOException>(() => RunAsync(client, (progress, stop) =>
        {
            progress.Message("first");
            stop.WaitHandle.WaitOne();
            hasEnded = true;
            stop.ThrowIfCancellationRequested();
        }));
        Assert.True(hasEnded);
    }

    private Task RunAsync(Client client, Action<IImageProgress, CancellationToken> work)
    {
        Exchange exchange = ApiTextTests.Exchange("POST /x HTTP/1.0\r\n\r\n", client);
        return ProgressAnswer.RunAsync(_server, exchange, work, watch: false).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private sealed class Client : MemoryStream
    {
        public TaskCompletionSource? Gate { get; init; }
        public bool Breaks { get; init; }
        public string Text => Encoding.UTF8.GetString(ToArray());

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
        {
            if (Breaks) throw new IOException("broken");
            if (Gate is not null) await Gate.Task;
            await base.WriteAsync(buffer, cancellation);
        }
    }
}
