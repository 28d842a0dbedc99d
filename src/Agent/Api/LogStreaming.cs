using System.Globalization;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli;
using Skiff.Agent.Cli.Logs;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Api;

/// <summary>ContainerLogs, and what was logged before for those who attach.</summary>
internal static class LogStreaming
{
    /// <summary>GET /containers/{id}/logs.</summary>
    public static async Task Logs(ApiServer server, Exchange x)
    {
        Query query = x.Request.Query;
        AttachStreams streams = (query.Flag("stdout") ? AttachStreams.Stdout : 0)
            | (query.Flag("stderr") ? AttachStreams.Stderr : 0);
        if (streams == 0) throw ApiException.Bad("Bad parameters: you must choose at least one stream");
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        (string Path, ILogFormat Format) files = FilesOf(engine, config);
        long since = TimeSyntax.Parse(query.Value("since"), "since");
        long until = TimeSyntax.Parse(query.Value("until"), "until");
        bool follow = query.Flag("follow");
        if (follow) x.WatchClient();
        Stream answer = await x.BeginAsync(200, OutputFrames.MediaType(config.Tty, x.Version));
        var frames = new OutputFrames(answer, config.Tty);
        await ApiServer.RunAsync(() =>
        {
            var printer = new LogPrinter(query.Flag("timestamps"), query.Flag("details"),
                (stream, text) => Write(frames, streams, stream, text));
            var reader = new LogReader(files.Path, files.Format, printer)
            {
                Since = since, Until = until, Tail = Tail(query.Value("tail")),
            };
            if (follow) Follow(engine, config, reader, x.Gone);
            else reader.PrintExisting();
        });
    }

    /// <summary>Writes all that was logged so far.</summary>
    public static Task ReplayAsync(Engine engine, ContainerConfig config, OutputFrames frames, AttachStreams streams)
    {
        (string path, ILogFormat format) = FilesOf(engine, config);
        return ApiServer.RunAsync(() => new LogReader(path, format, new LogPrinter(false, false,
            (stream, text) => Write(frames, streams, stream, text))).PrintExisting());
    }

    private static (string Path, ILogFormat Format) FilesOf(Engine engine, ContainerConfig config) =>
        ContainerLog.Readable(config, engine.Containers.LogDirectory(config.Id)) is { } files
            ? (files.Path, files.Format)
            : throw new ApiException(501, "configured logging driver does not support reading");

    private static void Follow(Engine engine, ContainerConfig config, LogReader reader, CancellationToken gone)
    {
        using var stop = new EventFd();
        using CancellationTokenRegistration registration = gone.Register(stop.Signal);
        using ContainerLink? link = ContainerLink.TryOpen(engine, config, engine.StateOf(config));
        using Inotify watch = reader.Watch();
        reader.PrintExisting();
        UnixSocket? monitor = link?.Client.Socket;
        while (reader.Follow(monitor, watch, stop.Fd)) monitor = link!.TryReconnect(out _) ? link.Client.Socket : null;
    }

    private static void Write(OutputFrames frames, AttachStreams wanted, int stream, ReadOnlyMemory<byte> text)
    {
        if (!wanted.HasFlag(stream == 1 ? AttachStreams.Stdout : AttachStreams.Stderr)) return;
        frames.WriteAsync(stream, text).AsTask().GetAwaiter().GetResult();
    }

    private static long Tail(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long lines) ? lines : -1;
}
