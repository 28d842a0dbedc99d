using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Interop;
using Skiff.Interop.Terminals;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Cli;

/// <summary>
/// A check's progress on standard error: on a terminal one line that changes, else a line per layer; and its outcome.
/// </summary>
/// <param name="quiet">No progress.</param>
internal sealed class CheckText(bool quiet) : ICheckProgress, IImageProgress
{
    private readonly bool _terminal = IsTerminal();
    private string _layer = "";
    private long _shownPercent = -1;

    /// <inheritdoc/>
    public void Layer(Digest diffId, int number, int count)
    {
        _layer = $"Checking layer {number} of {count}, {diffId.Short}";
        _shownPercent = -1;
        if (!_terminal && !quiet) Output.Error(_layer);
    }

    /// <inheritdoc/>
    public void Read(long bytes, long totalBytes)
    {
        long percent = totalBytes == 0 ? 0 : Math.Min(100, bytes * 100 / totalBytes);
        if (quiet || !_terminal || percent == _shownPercent) return;
        _shownPercent = percent;
        Output.ErrorText($"\r{_layer}: {HumanSize.Decimal(bytes)} ({percent}%)\e[K");
    }

    /// <inheritdoc/>
    public void Report(in LayerProgress progress)
    {
        if (!quiet && progress.State is LayerState.PullComplete) Output.Error($"{progress.Id}: Pull complete");
    }

    /// <inheritdoc/>
    public void Warn(string message) => Output.Error($"Warning: {message}");

    /// <summary>Ends the line that changes.</summary>
    public void End()
    {
        if (_terminal && !quiet && _layer.Length > 0) Output.ErrorText("\r\e[K");
    }

    /// <summary>The outcome for people: a line per defect, a line per note, a line of totals.</summary>
    public static IEnumerable<string> Lines(StoreReport report)
    {
        foreach (StoreDefect defect in report.Defects)
        {
            string outcome = defect.Repair is { } repair ? $"; {repair}"
                : defect.Failure is { } failure ? $"; cannot repair it: {failure}" : "";
            yield return $"{Label(defect)}: {defect.Text}{outcome}";
        }
        foreach (string note in report.Notes) yield return "note: " + note;
        int repaired = report.Defects.Count(defect => defect.Repair is not null);
        yield return $"{report.Images} images, {report.Documents} documents, {report.Layers} layers, "
            + $"{HumanSize.Decimal(report.Bytes)} read: {report.Defects.Count} defects"
            + (repaired > 0 ? $", {repaired} repaired" : "");
    }

    /// <summary>The outcome for programs: one object.</summary>
    public static string Json(StoreReport report)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OciJson.Plain))
        {
            json.WriteStartObject();
            json.WriteBoolean("clean", report.IsClean);
            json.WriteNumber("images", report.Images);
            json.WriteNumber("documents", report.Documents);
            json.WriteNumber("layers", report.Layers);
            json.WriteNumber("bytes", report.Bytes);
            json.WriteStartArray("defects");
            foreach (StoreDefect defect in report.Defects) Write(json, defect);
            json.WriteEndArray();
            json.WriteStartArray("notes");
            foreach (string note in report.Notes) json.WriteStringValue(note);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, StoreDefect defect)
    {
        json.WriteStartObject();
        json.WriteString("kind", defect.Kind.ToString().ToLowerInvariant());
        json.WriteString("subject", defect.Subject);
        json.WriteString("text", defect.Text);
        json.WriteStartArray("images");
        foreach (Digest image in defect.Images) json.WriteStringValue(image.ToString());
        json.WriteEndArray();
        if (defect.Repair is { } repair) json.WriteString("repair", repair);
        if (defect.Failure is { } failure) json.WriteString("failure", failure);
        json.WriteEndObject();
    }

    private static string Label(StoreDefect defect) => defect.Kind switch
    {
        StoreDefectKind.Layer or StoreDefectKind.Index => $"layer {Digest.Parse(defect.Subject).Short}",
        StoreDefectKind.Document => $"document {Digest.Parse(defect.Subject).Short}",
        StoreDefectKind.Record => $"image {Digest.Parse(defect.Subject).Short}",
        StoreDefectKind.Name => "name",
        _ => "stray",
    };

    private static bool IsTerminal()
    {
        using Fd error = Fd.Borrow(2);
        return WindowSize.TryGet(error, out _, out _);
    }
}
