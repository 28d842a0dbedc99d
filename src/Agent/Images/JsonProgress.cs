using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Images;

/// <summary>
/// Progress as the JSON stream of Docker's API (CreateImageInfo and PushImageInfo): an object a line. Bytes are told
/// at most every 100 ms a layer and no finer than 512 KiB or a hundredth of it, and what is not told costs no
/// allocation.
/// </summary>
/// <param name="sink">Gets a line with its end at a time, from one thread at a time; must not throw.</param>
/// <param name="clock">Null for the system's.</param>
internal sealed class JsonProgress(Action<ReadOnlySpan<byte>> sink, TimeProvider? clock = null) : IImageProgress
{
    private const long StepBytes = 512 << 10;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    // Strings from images need no escapes for HTML: this is no web page.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _writing = new();
    private readonly Dictionary<string, Told> _told = [];
    private readonly ArrayBufferWriter<byte> _line = new(256);
    private Utf8JsonWriter? _json;

    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
        lock (_writing)
        {
            if (!ShallTell(progress)) return;
            Utf8JsonWriter json = Begin(LayerWords.Of(progress));
            json.WriteStartObject("progressDetail"u8);
            if (LayerWords.HasCounts(progress.State))
            {
                json.WriteNumber("current"u8, progress.DoneBytes);
                if (progress.TotalBytes > 0) json.WriteNumber("total"u8, progress.TotalBytes);
            }
            json.WriteEndObject();
            json.WriteString("id"u8, progress.Id);
            End(json);
        }
    }

    /// <inheritdoc/>
    public void Message(string status, string? id = null)
    {
        lock (_writing)
        {
            Utf8JsonWriter json = Begin(status);
            if (id is not null) json.WriteString("id"u8, id);
            End(json);
        }
    }

    /// <inheritdoc/>
    public void Pushed(string tag, Digest manifest, long bytes)
    {
        lock (_writing)
        {
            End(Begin($"{tag}: digest: {manifest} size: {bytes}"));
            Utf8JsonWriter json = Begin(null);
            json.WriteStartObject("progressDetail"u8);
            json.WriteEndObject();
            json.WriteStartObject("aux"u8);
            json.WriteString("Tag"u8, tag);
            json.WriteString("Digest"u8, manifest.ToString());
            json.WriteNumber("Size"u8, bytes);
            json.WriteEndObject();
            End(json);
        }
    }

    /// <inheritdoc/>
    public void Loaded(string line)
    {
        lock (_writing)
        {
            Utf8JsonWriter json = Begin(null);
            json.WriteString("stream"u8, line + "\n");
            End(json);
        }
    }

    /// <inheritdoc/>
    public void Fail(string message)
    {
        lock (_writing)
        {
            Utf8JsonWriter json = Begin(null);
            json.WriteStartObject("errorDetail"u8);
            json.WriteString("message"u8, message);
            json.WriteEndObject();
            json.WriteString("error"u8, message);
            End(json);
        }
    }

    private bool ShallTell(in LayerProgress progress)
    {
        if (!_told.TryGetValue(progress.Id, out Told? told))
        {
            _told.Add(progress.Id, new Told(progress, _clock.GetTimestamp()));
            return true;
        }
        if (told.State == progress.State)
        {
            long bytes = progress.DoneBytes - told.DoneBytes;
            if (bytes == 0 || !LayerWords.HasCounts(progress.State)) return false;
            bool isEnd = progress.DoneBytes == progress.TotalBytes;
            if (!isEnd && bytes > 0 && bytes < Math.Min(StepBytes, progress.TotalBytes / 100)) return false;
            if (!isEnd && _clock.GetElapsedTime(told.Timestamp) < s_interval) return false;
        }
        told.Set(progress, _clock.GetTimestamp());
        return true;
    }

    private Utf8JsonWriter Begin(string? status)
    {
        _line.ResetWrittenCount();
        _json ??= new Utf8JsonWriter(_line, s_options);
        _json.Reset();
        _json.WriteStartObject();
        if (status is not null) _json.WriteString("status"u8, status);
        return _json;
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        _line.Write("\n"u8);
        sink(_line.WrittenSpan);
    }

    private sealed class Told
    {
        public Told(in LayerProgress progress, long timestamp) => Set(progress, timestamp);

        public LayerState State { get; private set; }
        public long DoneBytes { get; private set; }
        public long Timestamp { get; private set; }

        public void Set(in LayerProgress progress, long timestamp) =>
            (State, DoneBytes, Timestamp) = (progress.State, progress.DoneBytes, timestamp);
    }
}
