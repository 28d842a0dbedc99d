using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// A driver that never fails: what could not be logged, as on a full disk, is counted, and a line in the log says so
/// once something can be logged again, on the stream of errors.
/// </summary>
/// <param name="inner">Owned.</param>
internal sealed class LossyDriver(ILogDriver inner) : ILogDriver
{
    private long _kept, _told, _missing;
    private string _why = "";

    /// <inheritdoc/>
    public bool Keeps => inner.Keeps;

    /// <inheritdoc/>
    public void Write(in LogEntry entry, ReadOnlySpan<byte> line)
    {
        try
        {
            if (_missing > 0) Tell();
            inner.Write(entry, line);
            if (inner.Keeps) _kept += line.Length;
            else _told = 0;
        }
        catch (LinuxException e)
        {
            LoseKept(line.Length, e.Message);
        }
    }

    /// <summary>Counts bytes that were lost elsewhere.</summary>
    public void Miss(long bytes, string why)
    {
        _missing += bytes;
        _why = why;
    }

    /// <inheritdoc/>
    public void Flush()
    {
        try
        {
            if (_missing > 0) Tell();
            inner.Flush();
            _kept = _told = 0;
        }
        catch (LinuxException e)
        {
            LoseKept(0, e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        try
        {
            inner.Dispose();
        }
        catch (LinuxException)
        {
            // The last lines; there is no place left to say so.
        }
    }

    private void LoseKept(long bytes, string why)
    {
        Miss(bytes + _kept + _told, why);
        _kept = _told = 0;
    }

    private void Tell()
    {
        byte[] text = Encoding.UTF8.GetBytes($"skiff: {_missing} bytes of the log are missing here: {_why}\n");
        (_told, _missing) = (_told + _missing, 0);
        inner.Write(new LogEntry(2, false, false, LogEntry.Now()), text);
    }
}
