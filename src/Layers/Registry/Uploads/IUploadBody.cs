using System.IO.Pipelines;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>The bytes of a blob on their way into a registry. Asked for again when an upload breaks off.</summary>
public interface IUploadBody
{
    /// <summary>Bytes in all; null when nobody knows before they have been made.</summary>
    long? Length { get; }

    /// <summary>The last place, at or before <paramref name="offset"/>, from which it can begin.</summary>
    long StartFor(long offset);

    /// <summary>Writes the bytes from <paramref name="start"/> to the end, the same ones each time; does not complete
    /// the pipe.</summary>
    /// <exception cref="Oci.ImageException">The bytes cannot be had.</exception>
    Task WriteAsync(PipeWriter pipe, long start, CancellationToken cancellation);
}
