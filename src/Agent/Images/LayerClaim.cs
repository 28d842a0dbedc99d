using System.Globalization;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// The right to download a layer: whoever comes later waits, and then finds the layer, or takes up what the first has
/// left of it. A lock on one byte of <c>images/.pulls</c>, whose place the DiffId gives; among all processes, and gone
/// with the one that has it.
/// </summary>
internal sealed class LayerClaim : IDisposable
{
    private const string Name = ".pulls";
    private const int PollMs = 50;

    private readonly Fd _fd;

    private LayerClaim(Fd fd) => _fd = fd;

    /// <summary>Waits until nobody else downloads the layer.</summary>
    /// <param name="directory">Where the names and records of images are.</param>
    /// <param name="diffId">The layer.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task<LayerClaim> TakeAsync(string directory, Digest diffId, CancellationToken cancellation)
    {
        string path = Path.Join(directory, Name);
        // A place in a file is a positive number of 63 bits, and so is the place behind it.
        long place = (long)(ulong.Parse(diffId.Hex.AsSpan(0, 16), NumberStyles.HexNumber) >> 2);
        Fd fd = Files.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        try
        {
            while (true)
            {
                Errno errno = Files.TryLockByte(fd, place);
                if (errno == Errno.None) return new LayerClaim(fd);
                if (errno != Errno.EAGAIN) throw new LinuxException(errno, "fcntl F_OFD_SETLK", path);
                await Task.Delay(PollMs, cancellation).ConfigureAwait(false);
            }
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();
}
