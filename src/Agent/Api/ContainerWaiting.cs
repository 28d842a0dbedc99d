using System.Text;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Api;

/// <summary>ContainerWait.</summary>
internal static class ContainerWaiting
{
    private const int LookMs = 200;

    /// <summary>
    /// POST /containers/{id}/wait: the head of the answer goes out as soon as nothing can be missed any more.
    /// </summary>
    public static async Task Wait(ApiServer server, Exchange x)
    {
        string condition = x.Request.Query.Value("condition") is { Length: > 0 } given ? given : "not-running";
        if (condition is not ("not-running" or "next-exit" or "removed"))
            throw ApiException.Bad($"invalid condition: \"{condition}\"");
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        ContainerState state = engine.StateOf(config);
        Stream answer;
        if (condition == "not-running" && !state.IsActive)
        {
            answer = await x.BeginAsync(200, "application/json");
            await WriteAsync(answer, new RunEnd(state.ExitCode, ""));
            return;
        }
        x.WatchClient();
        RunStream? stream = RunStream.TryOpen(engine, config, state);
        ContainerRuns.Waiter? waiter = stream is null ? server.Runs.Await(config.Id, AttachStreams.None) : null;
        try
        {
            answer = await x.BeginAsync(200, "application/json");
            RunEnd end = stream is not null ? await stream.ReceiveAsync(null, x.Gone)
                : condition == "removed" && state.Status != "created" ? await RemovedAsync(engine, config, state, x)
                : await waiter!.Ended.Task.WaitAsync(x.Gone);
            if (condition == "removed" && !config.AutoRemove) await RemovedAsync(engine, config, state, x);
            await WriteAsync(answer, end);
        }
        finally
        {
            stream?.Dispose();
            if (waiter is not null) server.Runs.Forget(config.Id, waiter);
        }
    }

    private static async Task<RunEnd> RemovedAsync(
        Engine engine, ContainerConfig config, ContainerState state, Exchange x)
    {
        while (engine.Containers.TryRead(config.Id) is not null) await Task.Delay(LookMs, x.Gone);
        return new RunEnd(state.ExitCode, "");
    }

    private static ValueTask WriteAsync(Stream answer, RunEnd end)
    {
        string error = end.Doubt.Length == 0 ? "" : $",\"Error\":{{\"Message\":{JsonText(end.Doubt)}}}";
        return answer.WriteAsync(Encoding.UTF8.GetBytes($"{{\"StatusCode\":{end.ExitCode}{error}}}\n"));
    }

    private static string JsonText(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";
}
