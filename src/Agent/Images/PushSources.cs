using System.Collections.Concurrent;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Images;

/// <summary>The registries that layers of a push are streamed from. One that has failed is not waited for
/// again.</summary>
internal sealed class PushSources(ImageStore store, RegistryOptions? options) : IDisposable
{
    // What they have can be had by compressing it, so they need not be waited for as long as the target.
    private const int Retries = 1;

    private readonly ConcurrentDictionary<string, Lazy<RegistryClient>> _clients = [];
    private readonly ConcurrentDictionary<string, ImageException> _failed = [];

    /// <summary>What they have.</summary>
    public KnownBlobs Known { get; } = new(store);

    /// <summary>A client for a repository; shared.</summary>
    /// <exception cref="ImageException">Its registry has failed before, or must not be asked.</exception>
    public RegistryClient Open(Reference where)
    {
        if (_failed.TryGetValue(where.Name, out ImageException? failure)) throw failure;
        RegistryAccess access = store.Registries.Access;
        return _clients.GetOrAdd(where.Name, _ => new Lazy<RegistryClient>(
            () => access.Open(where, (options ?? access.Options) with { Retries = Retries }))).Value;
    }

    /// <summary>Notes that a repository's registry cannot be used.</summary>
    public void Fail(Reference where, ImageException failure) => _failed.TryAdd(where.Name, failure);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<RegistryClient> client in _clients.Values)
            if (client.IsValueCreated) client.Value.Dispose();
    }
}
