using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>
/// Text to a descriptor, each piece at once. When nobody reads any more (<c>skiff pull | head</c>, a terminal that was
/// hung up), what is written is lost, and the work goes on.
/// </summary>
internal sealed class FdWriter(Fd fd) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => WriteBytes(Encoding.UTF8.GetBytes([value]));

    /// <inheritdoc/>
    public override void Write(string? value) => WriteBytes(Encoding.UTF8.GetBytes(value ?? ""));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + "\n");

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Files.WriteAll(fd, bytes);
        }
        catch (LinuxException e) when (e.Errno is Errno.EPIPE or Errno.EIO)
        {
            // Nobody reads.
        }
    }
}
