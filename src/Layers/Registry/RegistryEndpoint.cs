using Skiff.Layers.Oci;
using Skiff.Layers.Registry.Configuration;

namespace Skiff.Layers.Registry;

/// <summary>One of the places that a <see cref="RegistryClient"/> asks. Owns the transport.</summary>
internal sealed class RegistryEndpoint(RegistryLocation location, RegistryTransport transport) : IDisposable
{
    /// <summary>Sends requests there.</summary>
    public RegistryTransport Transport { get; } = transport;

    /// <summary>Whether it is for reading only, and others are asked when it fails.</summary>
    public bool IsMirror => location.IsMirror;

    /// <summary>What goes before an error of the registry itself, whose name people may not see otherwise.</summary>
    public string ErrorPrefix => location.IsInTheName ? "" : $"registry {location.Host}: ";

    /// <summary>Whether it could not be talked to; nobody waits for it twice.</summary>
    public bool IsDown { get; set; }

    /// <summary>Whether all that belongs to the image should be there; not after the user was told otherwise.</summary>
    public bool HasGivenManifest { get; set; }

    /// <summary>What the repository is called there.</summary>
    public string RepositoryOf(Reference reference) => location.RepositoryOf(reference);

    /// <summary>Where a blob is there.</summary>
    public string PathOf(Reference reference, Descriptor blob) =>
        $"/v2/{RepositoryOf(reference)}/blobs/{blob.Digest}";

    /// <inheritdoc/>
    public void Dispose() => Transport.Dispose();
}
