using System.Text;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;

namespace Skiff.Agent.Tests.Monitor.Logs;

/// <summary>A driver that keeps what it takes, may be told to fail, and may be held.</summary>
internal sealed class RecordingDriver : ILogDriver
{
    /// <summary>What was taken.</summary>
    public List<(LogEntry Entry, string Line)> Lines { get; } = [];

    /// <inheritdoc/>
    public bool Keeps { get; init; }

    /// <summary>Whether it fails.</summary>
    public bool Fails { get; set; }

    /// <summary>Whether its owner has disposed of it.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Set while it may go on.</summary>
    public ManualResetEventSlim Gate { get; } = new(true);

    /// <summary>Set when something comes.</summary>
    public ManualResetEventSlim Entered { get; } = new(false);

    /// <summary>Everything of one stream.</summary>
    public string Text(byte stream) => string.Concat(Lines.Where(l => l.Entry.Stream == stream).Select(l => l.Line));

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        Entered.Set();
        Gate.Wait();
        if (Fails) throw new LinuxException(Errno.ENOSPC, "write", "log");
        Lines.Add((entry, Encoding.Latin1.GetString(line)));
    }

    /// <inheritdoc/>
    public void Flush() { }

    /// <inheritdoc/>
    public void Dispose() => IsDisposed = true;
}
