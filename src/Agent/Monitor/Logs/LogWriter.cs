namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Makes lines of a container's output, each stream by itself, and gives them to a driver. Called by one thread at a
/// time.
/// </summary>
/// <param name="driver">Owned.</param>
internal sealed class LogWriter(LossyDriver driver) : IDisposable
{
    private readonly StreamState[] _streams = [new(), new()];

    /// <summary>Takes bytes of <paramref name="stream"/> (1 stdout, 2 stderr) that were read at that time.</summary>
    public void Append(byte stream, ReadOnlySpan<byte> bytes, long unixNanoseconds)
    {
        StreamState state = _streams[stream - 1];
        if (state.IsTorn) bytes = SkipTorn(state, bytes);
        while (!bytes.IsEmpty)
        {
            int line = bytes.IndexOf((byte)'\n') + 1;
            int take = Math.Min(line == 0 ? bytes.Length : line, LogEntry.MaxBytes - state.Filled);
            bool ends = line > 0 && take == line;
            if (state.Filled == 0 && (ends || take == LogEntry.MaxBytes))
            {
                if (!ends) take -= Utf8.BrokenTail(bytes[..take]);
                Emit(stream, bytes[..take], !ends, unixNanoseconds);
            }
            else
            {
                bytes[..take].CopyTo(state.Pending.AsSpan(state.Filled));
                state.Filled += take;
                if (ends || state.Filled == LogEntry.MaxBytes) EmitPending(stream, !ends, unixNanoseconds);
            }
            bytes = bytes[take..];
        }
        driver.Flush();
    }

    /// <summary>
    /// Bytes of <paramref name="stream"/> have been lost on their way here: of the line that they break in two nothing
    /// is logged, and the log says how much is missing.
    /// </summary>
    public void Lose(byte stream, long bytes, string why)
    {
        StreamState state = _streams[stream - 1];
        driver.Miss(bytes + state.Filled, why);
        (state.Filled, state.IsTorn, state.WhyTorn) = (0, true, why);
    }

    /// <summary>Writes what is left without a newline; nothing follows.</summary>
    public void Dispose()
    {
        for (byte stream = 1; stream <= 2; stream++)
            if (_streams[stream - 1].Filled > 0) EmitPending(stream, false, LogEntry.Now());
        driver.Dispose();
    }

    private ReadOnlySpan<byte> SkipTorn(StreamState state, ReadOnlySpan<byte> bytes)
    {
        int rest = bytes.IndexOf((byte)'\n') + 1;
        state.IsTorn = rest == 0;
        if (rest == 0) rest = bytes.Length;
        driver.Miss(rest, state.WhyTorn);
        return bytes[rest..];
    }

    private void EmitPending(byte stream, bool continues, long unixNanoseconds)
    {
        StreamState state = _streams[stream - 1];
        Span<byte> pending = state.Pending.AsSpan(0, state.Filled);
        int tail = continues ? Utf8.BrokenTail(pending) : 0;
        Emit(stream, pending[..^tail], continues, unixNanoseconds);
        pending[^tail..].CopyTo(pending);
        state.Filled = tail;
    }

    private void Emit(byte stream, ReadOnlySpan<byte> line, bool continues, long unixNanoseconds)
    {
        StreamState state = _streams[stream - 1];
        driver.Write(new LogEntry(stream, continues, state.IsWithinLine, unixNanoseconds), line);
        state.IsWithinLine = continues;
    }

    // A line of which the end has not come yet.
    private sealed class StreamState
    {
        public readonly byte[] Pending = LazyBuffer.Create(LogEntry.MaxBytes);
        public int Filled;
        public bool IsWithinLine;
        public bool IsTorn;
        public string WhyTorn = "";
    }
}
