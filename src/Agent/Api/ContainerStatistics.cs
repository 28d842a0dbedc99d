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
        Stream? answer = stream ? await x.BeginAsync(200, "application/json") : null;
        for (UseSample? before = null; ; )
        {
            UseSample sample = UseSample.Take(engine, config);
            if (answer is not null) await answer.WriteAsync(LineOf(sample, config, before), x.Gone);
            else if (alone || before is not null || !sample.IsRunning)
            {
                await x.JsonAsync(200, w => sample.Write(w, config, before));
                return;
            }
            before = sample;
            await Task.Delay(IntervalMs, x.Gone);
            if (engine.Containers.TryRead(config.Id) is { } now) config = now;
            else if (stream) return;
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
