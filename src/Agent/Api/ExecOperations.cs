using System.Text;
using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;

namespace Skiff.Agent.Api;

using static Skiff.Agent.Api.JsonBody;

/// <summary>ContainerExec, ExecStart, ExecResize and ExecInspect.</summary>
internal static class ExecOperations
{
    /// <summary>POST /containers/{id}/exec.</summary>
    public static async Task Create(ApiServer server, Exchange x)
    {
        using JsonDocument document = JsonBody.Parse(await x.ReadBodyAsync());
        JsonElement body = document.RootElement;
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        CheckRuns(engine, config);
        if (x.Scope is { } scope && Truth(body, "Privileged") is true) throw Scoped.Refusal(scope, "Privileged");
        if (Texts(body, "Cmd") is not { Count: > 0 } command) throw ApiException.Bad("No exec command specified");
        string keys = Text(body, "DetachKeys");
        if (keys.Length > 0) DetachKeys.Parse(keys);
        var record = new ExecRecord(ContainerStore.NewId(), config, new ExecRequest
        {
            Args = [.. command], Env = [.. Texts(body, "Env") ?? []], WorkingDir = Text(body, "WorkingDir"),
            User = Text(body, "User"), Tty = Truth(body, "Tty") is true, Privileged = Truth(body, "Privileged") is true,
        }, (Truth(body, "AttachStdin") is true ? AttachStreams.Stdin : 0)
            | (Truth(body, "AttachStdout") is true ? AttachStreams.Stdout : 0)
            | (Truth(body, "AttachStderr") is true ? AttachStreams.Stderr : 0), keys);
        if (ConsoleSize(body) is { Rows: > 0 } size) record.Resize(size.Rows, size.Columns);
        server.Execs.Add(record);
        await x.JsonAsync(201, w =>
        {
            w.WriteStartObject();
            w.WriteString("Id", record.Id);
            w.WriteEndObject();
        });
    }

    /// <summary>POST /exec/{id}/start.</summary>
    public static async Task Start(ApiServer server, Exchange x)
    {
        byte[] bytes = await x.ReadBodyAsync();
        using JsonDocument document = JsonBody.Parse(bytes.Length == 0 ? "{}"u8.ToArray() : bytes);
        ExecRecord record = server.Execs.Get(x.Id);
        if (ConsoleSize(document.RootElement) is { Rows: > 0 } size) record.Resize(size.Rows, size.Columns);
        bool detach = Truth(document.RootElement, "Detach") is true;
        CheckRuns(server.Open(), record.Container);
        if (!record.TryStart()) throw new ApiException(409, $"Error: Exec command {record.Id} is already running");
        if (detach)
        {
            ExecStreams streams = await ApiServer.RunAsync(() => ExecStreams.Start(server.Open(), record, detach));
            _ = ApiServer.RunAsync(() => streams.Run(null, null, () => { }));
            await x.EmptyAsync(200);
            return;
        }
        Duplex duplex = await x.HijackAsync(OutputFrames.MediaType(record.Request.Tty, x.Version));
        var frames = new OutputFrames(duplex.Output, record.Request.Tty);
        try
        {
            ExecStreams streams = await ApiServer.RunAsync(() => ExecStreams.Start(server.Open(), record, detach));
            await JoinedAsync(streams, duplex, frames);
        }
        catch (Exception e) when (e is ApiException or LinuxException)
        {
            // As with Docker: the connection is the client's already, so that it is told among the output.
            await frames.WriteAsync(1, Encoding.UTF8.GetBytes(e.Message + "\r\n"));
        }
    }

    // Until the process ends, or the client leaves by the keys.
    private static Task JoinedAsync(ExecStreams streams, Duplex duplex, OutputFrames frames)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ApiServer.RunAsync(() =>
        {
            try
            {
                streams.Run(duplex, frames, () => over.TrySetResult());
            }
            finally
            {
                over.TrySetResult();
            }
        });
        return over.Task;
    }

    /// <summary>POST /exec/{id}/resize.</summary>
    public static async Task Resize(ApiServer server, Exchange x)
    {
        ExecRecord record = server.Execs.Get(x.Id);
        (ushort rows, ushort columns) = ContainerAttachment.Size(x);
        record.Resize(rows, columns);
        await x.EmptyAsync(200);
    }

    /// <summary>GET /exec/{id}/json.</summary>
    public static Task Inspect(ApiServer server, Exchange x)
    {
        ExecRecord record = server.Execs.Get(x.Id);
        return x.JsonAsync(200, w =>
        {
            w.WriteStartObject();
            w.WriteString("ID", record.Id);
            w.WriteBoolean("Running", record.IsRunning);
            if (record.ExitCode is { } code) w.WriteNumber("ExitCode", code);
            else w.WriteNull("ExitCode");
            w.WriteStartObject("ProcessConfig");
            w.WriteBoolean("tty", record.Request.Tty);
            w.WriteString("entrypoint", record.Request.Args[0]);
            w.WriteStartArray("arguments");
            foreach (string argument in record.Request.Args.AsSpan(1)) w.WriteStringValue(argument);
            w.WriteEndArray();
            w.WriteBoolean("privileged", record.Request.Privileged);
            w.WriteString("user", record.Request.User);
            w.WriteEndObject();
            w.WriteBoolean("OpenStdin", record.Streams.HasFlag(AttachStreams.Stdin));
            w.WriteBoolean("OpenStdout", record.Streams.HasFlag(AttachStreams.Stdout));
            w.WriteBoolean("OpenStderr", record.Streams.HasFlag(AttachStreams.Stderr));
            w.WriteBoolean("CanRemove", record.ExitCode is not null);
            w.WriteString("ContainerID", record.Container.Id);
            w.WriteString("DetachKeys", record.DetachKeys);
            w.WriteNumber("Pid", record.Pid);
            w.WriteEndObject();
        });
    }

    private static void CheckRuns(Engine engine, ContainerConfig config)
    {
        ContainerState state = engine.StateOf(config);
        string problem = state.Status switch
        {
            "paused" => $"container {config.Id} is paused, unpause the container before exec",
            "restarting" => $"container {config.Id} is restarting, wait until the container is running",
            _ when state.Pid == 0 => $"container {config.Id} is not running",
            _ => "",
        };
        if (problem.Length > 0) throw new ApiException(409, problem);
    }
}
