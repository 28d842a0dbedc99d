using Skiff.Agent.Containers;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>A container's log, as its monitor writes it: the driver that the container asks for, and what it needs.
/// </summary>
internal sealed class ContainerLog : IDisposable
{
    private const string CacheName = "container-cached.log";
    private const int SocketBufferBytes = 256 << 10;

    private readonly LogWriter? _writer;
    private readonly LogQueue? _queue;
    private readonly LogCompression? _compression;
    private EventLoop? _loop;
    private Fd? _watched;

    private ContainerLog(ILogDriver driver, LogFiles? files, LogOptions options)
    {
        var writer = new LogWriter(new LossyDriver(driver));
        bool isRemote = options.Driver is "journald" or "syslog";
        if (options.IsNonBlocking || isRemote)
            _queue = new LogQueue(writer, files?.Compression,
                isRemote && !options.IsNonBlocking ? SocketBufferBytes : options.BufferBytes, options.IsNonBlocking);
        else (_writer, _compression) = (writer, files?.Compression);
    }

    private ContainerLog()
    {
    }

    /// <summary>Opens a log for writing.</summary>
    /// <param name="config">Whose.</param>
    /// <param name="directory">Where its files are.</param>
    /// <exception cref="LinuxException">The driver cannot be reached, or a file not be opened.</exception>
    public static ContainerLog Open(ContainerConfig config, string directory)
    {
        try
        {
            return OpenDriver(config, directory);
        }
        catch (LinuxException e)
        {
            throw e.While("failed to initialize logging driver");
        }
    }

    private static ContainerLog OpenDriver(ContainerConfig config, string directory)
    {
        LogOptions options = LogOptions.Read(config.LogDriver, config.LogOptions);
        if (options.Driver == "none") return new ContainerLog();
        if (options.Driver == "json-file") return OpenJson(config, options, directory);
        ILogDriver? remote = options.Driver switch
        {
            "journald" => new JournaldDriver(config, options),
            "syslog" => new SyslogDriver(SyslogSettings.Read(options), LogTag.Render(options.Text("tag")
                is { Length: > 0 } tag ? tag : LogTag.Default, config)),
            _ => null,
        };
        if (remote is not null && !options.HasCache) return new ContainerLog(remote, null, options);
        string path = Path.Combine(directory, remote is null ? LocalLogDriver.FileName : CacheName);
        var files = new LogFiles(path, options.Limits, LocalLogDriver.BatchBytes, LocalLogDriver.GoodEnd);
        var local = new LocalLogDriver(files);
        return new ContainerLog(remote is null ? local
            : new TeeDriver(new LossyDriver(remote), new LossyDriver(local)), files, options);
    }

    /// <summary>The file that is being written and its format, for readers; null when the driver has none.</summary>
    public static (string Path, ILogFormat Format)? Readable(ContainerConfig config, string directory)
    {
        LogOptions options = LogOptions.Read(config.LogDriver, config.LogOptions);
        return options.Driver switch
        {
            "local" => (Path.Combine(directory, LocalLogDriver.FileName), new LocalLogFormat()),
            "json-file" => (Path.Combine(directory, JsonLogDriver.FileName(config.Id)), new JsonLogFormat()),
            _ when options.HasCache => (Path.Combine(directory, CacheName), new LocalLogFormat()),
            _ => null,
        };
    }

    /// <summary>Whether the container has to wait with more output.</summary>
    public bool IsFull => _queue?.IsFull == true;

    /// <summary>Lives with a loop from now on.</summary>
    /// <param name="loop">The monitor's.</param>
    /// <param name="resume">Called when a log that was full has room again.</param>
    public void Attach(EventLoop loop, Action resume)
    {
        _loop = loop;
        if (_queue is { } queue) loop.Watch(queue.Resumed.Fd, EpollEvents.EPOLLIN, _ =>
        {
            queue.Resumed.Take();
            resume();
        });
        WatchCompression();
    }

    /// <summary>Takes bytes of <paramref name="stream"/> (1 stdout, 2 stderr).</summary>
    public void Append(byte stream, ReadOnlySpan<byte> bytes)
    {
        if (_queue is not null) _queue.Append(stream, bytes, LogEntry.Now());
        else if (_writer is not null)
        {
            _writer.Append(stream, bytes, LogEntry.Now());
            WatchCompression();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_queue is not null) _loop?.Forget(_queue.Resumed.Fd);
        if (_watched is not null) _loop?.Forget(_watched);
        _queue?.Dispose();
        _writer?.Dispose();
    }

    private static ContainerLog OpenJson(ContainerConfig config, LogOptions options, string directory)
    {
        Dictionary<string, string> attributes = LogAttributes.Of(config, options, static name => name);
        if (options.Text("tag") is { Length: > 0 } tag) attributes["tag"] = LogTag.Render(tag, config);
        byte[] json = JsonLogFormat.Attributes(attributes);
        string path = Path.Combine(directory, JsonLogDriver.FileName(config.Id));
        var files = new LogFiles(path, options.Limits, JsonLogDriver.BatchBytes(json), JsonLogDriver.GoodEnd);
        return new ContainerLog(new JsonLogDriver(files, json), files, options);
    }

    // A process that compresses is looked after by whoever writes the files: here, or in the queue's thread.
    private void WatchCompression()
    {
        if (_loop is null || _compression?.Running is not { } running || running == _watched) return;
        _watched = running;
        _loop.Watch(running, EpollEvents.EPOLLIN, _ =>
        {
            _loop.Forget(running);
            _watched = null;
            _compression.Check();
            WatchCompression();
        });
    }
}
