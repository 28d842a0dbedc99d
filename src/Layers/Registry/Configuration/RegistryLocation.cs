using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>A place where the images below a prefix are: a host, and the path in front of what follows the
/// prefix.</summary>
/// <param name="Prefix">The beginning of names that is replaced.</param>
/// <param name="Target">What replaces it: <c>mirror:5000/hub</c>.</param>
/// <param name="IsMirror">Whether it is for reading only.</param>
internal sealed record RegistryLocation(string Prefix, string Target, bool IsMirror)
{
    /// <summary>The host that is connected to.</summary>
    public string Host => Target.IndexOf('/') is >= 0 and var slash ? Target[..slash] : Target;

    /// <summary>Whether people see from an image's name whom they talk to: not where another place stands for it, nor
    /// of Docker Hub, which names leave out.</summary>
    public bool IsInTheName => Host == Prefix.Split('/')[0] && Host != Reference.DefaultRegistry;

    /// <summary>What the repository is called there.</summary>
    public string RepositoryOf(Reference reference) =>
        (Target[Host.Length..] + reference.Name[Prefix.Length..]).TrimStart('/');
}
