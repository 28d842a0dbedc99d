using Skiff.Layers.Oci;

namespace Skiff.Layers.Pipeline;

/// <summary>Opens a blob's bytes from <paramref name="offset"/> on; the stream is the caller's.</summary>
public delegate ValueTask<Stream> BlobSource(Descriptor blob, long offset, CancellationToken cancellation);
