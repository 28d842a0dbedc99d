using System.IO.Compression;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>The process that compresses one log file (gzip), from its stdin to its stdout, and ends.</summary>
internal static class LogCompressor
{
    /// <summary>The verb; not listed in help.</summary>
    public const string Verb = "compress-log";

    private const int Niceness = 10;
    private const int PieceBytes = 64 << 10;

    /// <summary>Returns the exit code: 0, or 1 when the target has no room or the source cannot be read.</summary>
    public static int Run()
    {
        SchedulingPriority.Lower(Niceness);
        using Fd source = Fd.Borrow(0), target = Fd.Borrow(1);
        try
        {
            using var compressed = new GZipStream(new FdStream(target), CompressionLevel.Fastest);
            byte[] piece = new byte[PieceBytes];
            while (Files.Read(source, piece) is > 0 and var count) compressed.Write(piece, 0, count);
            return 0;
        }
        catch (LinuxException)
        {
            return 1;
        }
    }
}
