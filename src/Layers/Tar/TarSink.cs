namespace Skiff.Layers.Tar;

/// <summary>Takes the next bytes of a tar; the buffer is the caller's again when the call returns.</summary>
public delegate void TarSink(ReadOnlySpan<byte> bytes);
