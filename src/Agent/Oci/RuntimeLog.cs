using System.Globalization;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Oci;

/// <summary>
/// Where errors and warnings go: a file that the caller reads (--log), in logrus' text or JSON, as containerd and
/// podman expect them of runc; without one, standard error.
/// </summary>
/// <param name="path">--log; null for none.</param>
/// <param name="json">--log-format json.</param>
internal sealed class RuntimeLog(string? path, bool json)
{
    private const int StandardError = 2;

    /// <summary>Appends an error to the file; the caller's stderr has it in any case.</summary>
    public void Error(string message)
    {
        if (path is not null) Append("error", message);
        Files.TryWrite(Fd.Borrow(StandardError), Encoding.UTF8.GetBytes(message + "\n"), out _);
    }

    /// <summary>Notes something that does not hinder.</summary>
    public void Warn(string message)
    {
        if (path is not null) Append("warning", message);
        else Files.TryWrite(Fd.Borrow(StandardError), Encoding.UTF8.GetBytes($"warning: {message}\n"), out _);
    }

    private void Append(string level, string message)
    {
        const OpenFlags flags = OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT;
        Errno errno = Files.TryOpenAt(Fd.Cwd, path!, flags, 0x1A4, out Fd? file);
        // Nobody is left to be told: what matters has gone to standard error as well.
        if (errno != Errno.None) return;
        using (file) Files.TryWrite(file!, json ? Json(level, message) : Text(level, message), out _);
    }

    private static byte[] Json(string level, string message)
    {
        var text = new JsonText();
        text.WriteStartObject();
        text.WriteString("level", level);
        text.WriteString("msg", message);
        text.WriteString("time", Now());
        text.WriteEndObject();
        return [.. text.Bytes.Span, (byte)'\n'];
    }

    private static byte[] Text(string level, string message)
    {
        string quoted = message.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
        return Encoding.UTF8.GetBytes($"time=\"{Now()}\" level={level} msg=\"{quoted}\"\n");
    }

    private static string Now() =>
        DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
