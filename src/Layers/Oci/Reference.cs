using System.Diagnostics.CodeAnalysis;

namespace Skiff.Layers.Oci;

/// <summary>
/// The name of an image, with Docker's grammar and defaults: <c>[host[:port]/]path[:tag][@digest]</c>. <c>busybox</c>
/// is <c>docker.io/library/busybox:latest</c>. Immutable; equal when the full names are equal.
/// </summary>
public sealed class Reference : IEquatable<Reference>
{
    /// <summary>The registry of names that give none.</summary>
    public const string DefaultRegistry = "docker.io";

    /// <summary>Another name of <see cref="DefaultRegistry"/>.</summary>
    public const string DefaultRegistryAlias = "index.docker.io";

    /// <summary>The tag of names that give neither tag nor digest.</summary>
    public const string DefaultTag = "latest";

    private const string OfficialPrefix = "library/";

    private Reference(string registry, string repository, string? tag, Digest? digest, bool tagIsDefault)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
        TagIsDefault = tagIsDefault;
    }

    /// <summary>Host and port: <c>docker.io</c>, <c>127.0.0.1:5000</c>.</summary>
    public string Registry { get; }

    /// <summary>The path within the registry: <c>library/busybox</c>.</summary>
    public string Repository { get; }

    /// <summary>The tag; null only when there is a digest alone.</summary>
    public string? Tag { get; }

    /// <summary>The digest, which then decides whatever the tag says.</summary>
    public Digest? Digest { get; }

    /// <summary>True when <c>latest</c> was not written but added.</summary>
    public bool TagIsDefault { get; }

    /// <summary><c>docker.io/library/busybox</c>.</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>
    /// The name as people write it: <c>busybox</c>. A path that would be read as a host keeps its registry in front.
    /// </summary>
    public string FamiliarName =>
        Registry != DefaultRegistry || IsHost(FirstComponent(Repository)) ? Name
        : Repository.StartsWith(OfficialPrefix, StringComparison.Ordinal)
            && Repository.IndexOf('/', OfficialPrefix.Length) < 0 ? Repository[OfficialPrefix.Length..]
        : Repository;

    /// <summary>The whole reference as people write it: <c>busybox:latest</c>.</summary>
    public string Familiar => FamiliarName + Suffix;

    /// <summary>What a registry is asked for: the digest, or else the tag.</summary>
    public string Target => Digest?.ToString() ?? Tag!;

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    /// <summary>Parses a reference.</summary>
    /// <exception cref="ImageException">Not a reference; the text says what is wrong.</exception>
    public static Reference Parse(string text) =>
        TryParse(text, out Reference? reference, out string error) ? reference
            : throw new ImageException(error, ImageErrorKind.Invalid);

    /// <summary>Parses a reference, or says in <paramref name="error"/> why it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Reference? reference, out string error)
    {
        reference = null;
        ReadOnlySpan<char> name = text;
        Digest? digest = null;
        if (name.IndexOf('@') is >= 0 and var at)
        {
            string written = text[(at + 1)..];
            if (!Oci.Digest.TryParseAny(written, out Digest parsed))
                return Fail(out error, text, $"bad digest \"{written}\": expected sha256: or sha512: and as many "
                    + "lower-case hexadecimal digits as it has");
            digest = parsed;
            name = name[..at];
        }
        else if (IsFullId(name))
        {
            return Fail(out error, text, "64 hexadecimal digits are an image id");
        }
        string? tag = null;
        int colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
        {
            tag = name[(colon + 1)..].ToString();
            if (!ReferenceGrammar.IsTag(tag)) return Fail(out error, text, $"bad tag \"{tag}\"");
            name = name[..colon];
        }
        (string registry, string repository) = SplitRegistry(name);
        if (ReferenceGrammar.WhatIsWrong(registry, repository) is { } wrong) return Fail(out error, text, wrong);
        bool byDefault = tag is null && digest is null;
        reference = new Reference(registry, repository, byDefault ? DefaultTag : tag, digest, byDefault);
        error = "";
        return true;
    }

    /// <summary>The same repository under a tag, without digest.</summary>
    public Reference WithTag(string tag) =>
        ReferenceGrammar.IsTag(tag) ? new Reference(Registry, Repository, tag, null, false)
            : throw new ImageException($"invalid reference format: bad tag \"{tag}\"", ImageErrorKind.Invalid);

    /// <summary>The same repository by digest, without tag.</summary>
    public Reference WithDigest(Digest digest) => new(Registry, Repository, null, digest, false);

    /// <summary>The reference without its digest; itself when it has no tag.</summary>
    public Reference WithoutDigest() =>
        Tag is null ? this : new Reference(Registry, Repository, Tag, null, TagIsDefault);

    /// <inheritdoc/>
    public bool Equals(Reference? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Reference);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The full form: <c>docker.io/library/busybox:latest</c>.</summary>
    public override string ToString() => Name + Suffix;

    private static (string Registry, string Repository) SplitRegistry(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> first = FirstComponent(name);
        bool isHost = IsHost(first);
        string registry = isHost ? first.ToString() : DefaultRegistry;
        string repository = (isHost ? name[(first.Length + 1)..] : name).ToString();
        if (registry == DefaultRegistryAlias) registry = DefaultRegistry;
        if (registry == DefaultRegistry && !repository.Contains('/')) repository = OfficialPrefix + repository;
        return (registry, repository);
    }

    /// <summary>What is in front of the first slash; nothing without a slash.</summary>
    private static ReadOnlySpan<char> FirstComponent(ReadOnlySpan<char> name) => name[..Math.Max(0, name.IndexOf('/'))];

    /// <summary>Whether the first component of a name is its registry: one with a dot, a port or capitals, or
    /// localhost.</summary>
    internal static bool IsHost(ReadOnlySpan<char> component) => component.IndexOfAny('.', ':') >= 0
        || component is "localhost" || component.IndexOfAnyInRange('A', 'Z') >= 0;

    private static bool IsFullId(ReadOnlySpan<char> name) =>
        name.Length == 64 && name.IndexOfAnyExcept("0123456789abcdef") < 0;

    private static bool Fail(out string error, string text, string why)
    {
        error = $"invalid reference format: \"{text}\": {why}";
        return false;
    }
}
