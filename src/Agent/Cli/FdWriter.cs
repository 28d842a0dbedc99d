using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>Lines to a descriptor, each at once.</summary>
internal sealed class FdWriter(Fd fd) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => Files.WriteAll(fd, Encoding.UTF8.GetBytes([value]));

    /// <inheritdoc/>
    public override void Write(string? value) => Files.WriteAll(fd, Encoding.UTF8.GetBytes(value ?? ""));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + "\n");
}
