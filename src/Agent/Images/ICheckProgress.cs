using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>Told how a check gets on.</summary>
internal interface ICheckProgress
{
    /// <summary>A layer's turn; <paramref name="number"/> counts from 1.</summary>
    void Layer(Digest diffId, int number, int count);

    /// <summary>So many bytes in all have been read.</summary>
    void Read(long bytes, long totalBytes);
}
