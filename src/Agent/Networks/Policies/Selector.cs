namespace Skiff.Agent.Networks.Policies;

/// <summary>Chooses containers, or networks, by labels and names. What asks for nothing fits all.</summary>
/// <param name="Requirements">All have to be met.</param>
/// <param name="Names">One has to fit, when there are any; <c>*</c> stands for any letters.</param>
internal sealed record Selector(LabelRequirement[] Requirements, string[] Names)
{
    /// <summary>The label that every network has with its name, as Kubernetes' namespaces have.</summary>
    public const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>Whether it fits something that is called and labelled so.</summary>
    public bool Fits(IReadOnlyList<string> names, Dictionary<string, string> labels)
    {
        foreach (LabelRequirement requirement in Requirements)
            if (!requirement.IsMet(requirement.Key == NameLabel && names.Count > 0 ? names[0]
                : labels.GetValueOrDefault(requirement.Key))) return false;
        return Names.Length == 0 || Array.Exists(Names, pattern => names.Any(name => FitsPattern(pattern, name)));
    }

    /// <summary>Whether another one is written alike, and so fits the same.</summary>
    public bool IsAlike(Selector other)
    {
        if (Requirements.Length != other.Requirements.Length) return false;
        for (int i = 0; i < Requirements.Length; i++)
            if (!Requirements[i].IsAlike(other.Requirements[i])) return false;
        return Names.AsSpan().SequenceEqual(other.Names);
    }

    /// <summary>Whether a name fits a pattern.</summary>
    public static bool FitsPattern(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int at = 0, star = -1, from = 0;
        for (int i = 0; i < name.Length;)
            if (at < pattern.Length && pattern[at] == '*') (star, from) = (at++, i);
            else if (at < pattern.Length && pattern[at] == name[i]) (at, i) = (at + 1, i + 1);
            // The last star takes one letter more.
            else if (star >= 0) (at, i) = (star + 1, ++from);
            else return false;
        return pattern[at..].TrimStart('*').IsEmpty;
    }
}
