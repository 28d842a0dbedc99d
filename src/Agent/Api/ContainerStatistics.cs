using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Api;

/// <summary>ContainerStats.</summary>
internal static class ContainerStatistics
{
    private const int IntervalMs = 1000;

    /// <summary>
    /// GET /containers/{id}/stats: every second, as long as there is the container, whether it runs or not; or once,
    /// with the second before, or without it.
    /// </summary>
    public static async Task Stats(ApiServer server, Exchange x)
    {
        bool stream = x.Request.Query.Flag("stream", byDefault: true), alone = x.Request.Query.Flag("one-shot");
        if (stream && alone) throw ApiException.Bad("cannot have stream=true and one-shot=true");
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        x.WatchClient();
        if (stream) await StreamAsync(engine, config, x);
        else await AnswerAsync(engine, config, x, alone);
    }

    private static async Task AnswerAsync(Engine engine, ContainerConfig config, Exchange x, bool alone)
    {
        UseSample sample = UseSample.Take(engine, config);
        UseSample? before = null;
        if (sample.IsRunning && !alone)
        {
            await Task.Delay(IntervalMs, x.Gone);
            (before, sample) = (sample, UseSample.Take(engine, config));
        }
        await x.JsonAsync(200, w => sample.Write(w, config, before));
    }

    private static async Task StreamAsync(Engine engine, ContainerConfig first, Exchange x)
    {
        Stream answer = await x.BeginAsync(200, "application/json");
        UseSample? before = null;
        for (ContainerConfig? config = first; config is not null; config = engine.Containers.TryRead(first.Id))
        {
            UseSample sample = UseSample.Take(engine, config);
            await answer.WriteAsync(LineOf(sample, config, before), x.Gone);
            before = sample;
            await Task.Delay(IntervalMs, x.Gone);
        }
    }

    private static byte[] LineOf(UseSample sample, ContainerConfig config, UseSample? before)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) sample.Write(writer, config, before);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
