using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;

namespace Skiff.Layers.Trust;

/// <summary>
/// Which images may come in: <c>policy.json</c>. It is decided by the names that people use, whichever mirror the bytes
/// come from. Read once; immutable. Refusals are <see cref="ImageException"/>s that name the file, the rule in it, and
/// what to do, and leave it to the caller to say what was refused.
/// </summary>
public sealed class TrustPolicy
{
    /// <summary>Where the file is when nothing else is said; without it, everything is trusted.</summary>
    public const string DefaultFile = "/etc/skiff/policy.json";

    private static readonly TrustRule s_acceptAll = new("", TrustKind.Accept);

    private readonly IReadOnlyList<TrustRule> _rules;
    private readonly TrustRule _default;
    private readonly string _file;

    private TrustPolicy(IReadOnlyList<TrustRule> rules, string file)
    {
        (_rules, _file) = (rules, file);
        _default = rules.First(static rule => rule.Prefix.Length == 0);
    }

    /// <summary>Trusts everything.</summary>
    public static TrustPolicy AcceptAll { get; } = new([s_acceptAll], DefaultFile);

    /// <summary>Reads the policy.</summary>
    /// <param name="file">The file, which then has to be there; null for the default one.</param>
    /// <exception cref="ImageException">It, or a key, cannot be read or is malformed; names the file, the place in it
    /// and the problem.</exception>
    public static TrustPolicy Load(string? file)
    {
        string path = file ?? DefaultFile;
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] json);
        if (errno == Errno.ENOENT && file is null) return AcceptAll;
        if (errno != Errno.None) throw new ImageException(
            $"{path}: read: {ErrnoText.Of(errno)}: expected the trust policy, without which no image is taken in");
        return new TrustPolicy(PolicyFile.Parse(json, path), path);
    }

    /// <summary>Refuses what no signature would help, before anything is asked of a registry.</summary>
    public void CheckName(Reference image) => CheckName(image, RuleFor(image));

    /// <summary>Refuses an image that lacks a signature which its rule wants.</summary>
    /// <param name="registry">Where the image, and so its signatures, are fetched from.</param>
    /// <param name="image">Its name.</param>
    /// <param name="digests">What a signature may be of: what the name stands for, and the manifest that was chosen
    /// from it.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task CheckAsync(
        RegistryClient registry, Reference image, IEnumerable<Digest> digests, CancellationToken cancellation)
    {
        TrustRule rule = RuleFor(image);
        CheckName(image, rule);
        if (rule.Kind != TrustKind.Cosign) return;
        var demand = new SignatureDemand(
            rule.Keys, [.. digests.Distinct()], rule.NamesRepository ? image.Name : null);
        var search = new SignatureSearch(registry, image, demand, cancellation);
        if (await search.FindAsync().ConfigureAwait(false)) return;
        string signed = $"{image.Name}@{demand.Digests[0]}";
        throw Refused(rule, $"wants {Signature(rule)}, and {demand.Digests[0]} has none: {search.Describe()}; "
            + $"sign it with `cosign sign --key KEY {signed}`, or change the rule");
    }

    /// <summary>Refuses an image that comes from no registry, unless its rule takes it as it is.</summary>
    /// <param name="doing">What is being done with it: <c>load</c>.</param>
    /// <param name="image">Its name; null when it has none, which the default rule decides.</param>
    public void CheckLocal(string doing, Reference? image)
    {
        TrustRule rule = image is null ? _default : RuleFor(image);
        if (rule.Kind == TrustKind.Accept) return;
        string why = rule.Kind == TrustKind.Reject ? WhyRejected(rule, image)
            : $"wants {Signature(rule)}, which only a registry has: pull the image, or change the rule";
        throw new ImageException($"{doing} {image?.Familiar ?? "an image"}: {Refused(rule, why).Message}");
    }

    private void CheckName(Reference image, TrustRule rule)
    {
        if (rule.Kind == TrustKind.Reject) throw Refused(rule, WhyRejected(rule, image));
    }

    private static string WhyRejected(TrustRule rule, Reference? image)
    {
        string which = image?.Name ?? "an image without a name";
        return rule.Prefix.Length == 0
            ? $"is \"reject\", and no other rule covers {which}: add one if it is to be trusted"
            : $"is \"reject\": change it if {which} is to be trusted";
    }

    private TrustRule RuleFor(Reference image) =>
        NamePrefix.Longest(_rules.Where(static rule => rule.Prefix.Length > 0), static rule => rule.Prefix, image.Name)
            ?? _default;

    private static string Signature(TrustRule rule) => "a cosign signature"
        + (rule.NamesRepository ? " for the repository" : "")
        + (rule.Keys.Count == 1 ? " by its key" : $" by one of its {rule.Keys.Count} keys");

    private ImageException Refused(TrustRule rule, string why) => new($"refused by {_file}: {rule.Place} {why}");
}
