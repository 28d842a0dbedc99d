using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Images;

/// <summary>
/// Told how a pull, a push or a load gets on: its layers, and between them what concerns the image. These are the
/// events of Docker's streams (Engine API, ImageCreate and ImagePush); whoever shows layers only ignores the rest. As
/// with layers, calls come from several threads, must be quick and must not throw.
/// </summary>
internal interface IImageProgress : ILayerProgress
{
    /// <summary>
    /// A line about the image: <c>Pulling from library/busybox</c> with the tag as its id, <c>Digest: …</c> without.
    /// </summary>
    void Message(string status, string? id = null)
    {
    }

    /// <summary>A push is over: the registry has this manifest under the tag.</summary>
    void Pushed(string tag, Digest manifest, long bytes)
    {
    }

    /// <summary>A load has made an image: a line for people.</summary>
    void Loaded(string line)
    {
    }

    /// <summary>Something is wrong that does not keep the work from going on.</summary>
    void Warn(string message) => Message($"Warning: {message}");

    /// <summary>It has failed, and nothing more will come. The error itself goes to whoever called.</summary>
    void Fail(string message)
    {
    }
}
